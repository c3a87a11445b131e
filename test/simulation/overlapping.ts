import type { RunId } from '../../src/job/run.ts';
import type { Observed } from './observed.ts';

/** The places of calls that changed a run which the next call is about, too; no call stands in two pairs. */
export function overlapping(calls: readonly Observed[]): ReadonlySet<number> {
  const pairs = new Set<number>();
  const made = new Set<string>();
  calls.forEach((call, n) => {
    const text = JSON.stringify([call.method, call.args]);
    const isRepeat = made.has(text);
    made.add(text);
    const next = calls[n + 1];
    if (!next || isRepeat || pairs.has(n - 1)) return;
    const changed = changedBy(call);
    if (askedAbout(next).some((run) => changed.has(run))) pairs.add(n);
  });
  return pairs;
}

/** Runs whose rows a call has locked, for it changed them. */
function changedBy(call: Observed): ReadonlySet<RunId> {
  switch (call.method) {
    case 'record': {
      const { entries } = call.args[0];
      return new Set(
        entries.flatMap(({ run }, i) => (call.answer[i] === 'ok' || call.answer[i] === 'cancelled' ? [run] : [])),
      );
    }
    case 'evict':
      return new Set(call.answer.flat());
    case 'act':
      return new Set(
        call.answer.flatMap(({ verdict, run }) => (run && (verdict === 'done' || verdict === 'pending') ? [run] : [])),
      );
    default:
      return new Set();
  }
}

function askedAbout(call: Observed): readonly RunId[] {
  switch (call.method) {
    case 'record':
      return call.args[0].entries.map(({ run }) => run);
    case 'append':
      return call.args[0].chunks.map(({ run }) => run);
    case 'act':
      return call.answer.flatMap(({ run }) => run ?? []);
    case 'evict':
      return call.answer.flat();
    default:
      return [];
  }
}
