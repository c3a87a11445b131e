import { formatDuration } from '../../std/duration.ts';
import type { Progress } from '../../job/run.ts';
import type { Paint } from './paint.ts';
import { oneLine } from './width.ts';

const cells = 24;

/** One line of progress: name, bar where a fraction is known, the job's own word, and the time. */
export function progressLine(
  { job, progress, ms }: { job: string; progress: Progress | null; ms: number },
  paint: Paint,
): string {
  const parts = [paint.bold(job)];
  const fraction = progress?.fraction ?? null;
  if (fraction !== null)
    parts.push(`${bar(fraction, paint)} ${String(Math.floor(clamp(fraction) * 100)).padStart(3)} %`);
  if (progress?.text) parts.push(oneLine(progress.text));
  if (!progress) parts.push('running');
  if (ms >= 1_000) parts.push(paint.dim(formatDuration(Math.floor(ms / 1_000) * 1_000)));
  return parts.join('  ');
}

function bar(fraction: number, paint: Paint): string {
  const full = Math.round(clamp(fraction) * cells);
  return paint.green('━'.repeat(full)) + paint.dim('─'.repeat(cells - full));
}

function clamp(fraction: number): number {
  return Math.min(1, Math.max(0, fraction));
}
