import type { RunId } from '../../job/run.ts';
import type { OutputBatch, OutputVerdict } from '../../ports/store-entry.ts';
import { bundle } from './bundle.ts';
import type { Connection } from './connection.ts';

/** The bytes of all chunks travel as one binary parameter: text would double them. */
export async function append(db: Connection, { worker, chunks, progress }: OutputBatch): Promise<OutputVerdict[]> {
  let end = 0;
  const pieces = chunks.map(({ run, epoch, seq, bytes }, i) => {
    const start = end;
    end += bytes.length;
    return { i, run, epoch, seq, start, size: bytes.length };
  });
  const reports = lastProgress(progress);
  const runs = new Set([...pieces, ...reports].map(({ run }) => run));
  const answers = await db.write('append', 'append_v1', [
    worker,
    bundle([...runs].toSorted()),
    bundle(pieces),
    Buffer.concat(chunks.map(({ bytes }) => bytes)),
    bundle(reports),
  ]);
  const verdicts: OutputVerdict[] = chunks.map(() => 'ok');
  for (const { i, verdict } of answers.flat() as unknown as { i: number; verdict: OutputVerdict }[])
    verdicts[i] = verdict;
  return verdicts;
}

/** One a run and epoch, the last that was said. */
function lastProgress(progress: OutputBatch['progress']): { run: RunId; epoch: number; progress: string }[] {
  const last = new Map<string, OutputBatch['progress'][number]>();
  for (const report of progress) last.set(`${report.run} ${report.epoch}`, report);
  return [...last.values()].map(({ run, epoch, progress: said }) => ({ run, epoch, progress: JSON.stringify(said) }));
}
