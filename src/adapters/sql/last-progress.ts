import type { OutputBatch } from '../../ports/store-entry.ts';

/** Of each run and epoch the progress that was said last. */
export function lastProgress(all: OutputBatch['progress']): OutputBatch['progress'][number][] {
  const last = new Map<string, OutputBatch['progress'][number]>();
  for (const { run, epoch, progress } of all) last.set(`${run} ${epoch}`, { run, epoch, progress });
  return [...last.values()];
}
