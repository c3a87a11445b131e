import type { MakeCheck } from '../check.ts';
import type { Observed } from '../observed.ts';

/**
 * A call that is made twice in a row is answered alike. A run whose eviction was answered is not answered again.
 * A step of a run that the same group lets go of is stale then: nobody holds the run, and nobody waits for the word.
 */
export const repeatsAlike: MakeCheck = ({ blame }) => {
  let last: Observed | undefined;
  return {
    call(call) {
      const before = last;
      last = call;
      if (before?.method !== call.method || before.args !== call.args || isOnce.has(call.method)) return;
      const first = JSON.stringify(withoutLast(before));
      const second = JSON.stringify(withoutLast(call));
      if (first !== second)
        blame(`${call.method} is answered ${first.slice(0, 100)}, and when it is repeated ${second.slice(0, 100)}`);
    },
  };
};

const isOnce = new Set(['evict', 'heartbeat', 'workers', 'prune']);

function withoutLast(call: Observed): unknown {
  if (call.method === 'claim') return call.answer.claims.map(({ run, epoch }) => `${run} ${epoch}`).toSorted();
  if (call.method !== 'record') return call.answer;
  const { entries } = call.args[0];
  const isLast = new Set(entries.filter(({ kind }) => kind !== 'step' && kind !== 'try').map(({ run }) => run));
  return call.answer.filter((_, i) => {
    const entry = entries[i];
    return !entry || !isLast.has(entry.run) || (entry.kind !== 'step' && entry.kind !== 'try');
  });
}
