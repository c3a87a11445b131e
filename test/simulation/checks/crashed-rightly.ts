import type { RunId } from '../../../src/job/run.ts';
import type { MakeCheck } from '../check.ts';

/** A run fails for crashes only after its limit of them in a row, without a step recorded in between. */
export const crashedRightly: MakeCheck = ({ ledger, blame }) => {
  const crashes = new Map<RunId, number>();
  const limits = new Map<RunId, number>();
  return {
    call(call) {
      if (call.method === 'submit') for (const { id, maxCrashes } of call.args[0]) limits.set(id, maxCrashes);
      if (call.method !== 'record') return;
      call.args[0].entries.forEach((entry, i) => {
        if (call.answer[i] !== 'ok') return;
        if (entry.kind === 'try' && entry.child) limits.set(entry.child.id, entry.child.maxCrashes);
        if (entry.kind === 'step' || entry.kind === 'try' || entry.kind === 'suspend') crashes.set(entry.run, 0);
      });
    },
    taken(call) {
      if (call.method !== 'evict') return;
      for (const id of call.answer.flat()) crashes.set(id, (crashes.get(id) ?? 0) + 1);
    },
    end(runs) {
      for (const { id, error } of runs) {
        const limit = limits.get(id);
        // The failure of a child may be its own.
        if (error?.code !== 'RUN_CRASHED' || limit === undefined || ledger.get(id).children > 0) continue;
        if ((crashes.get(id) ?? 0) < limit) blame(`${ledger.nameOf(id)} failed for fewer crashes than its limit`);
      }
    },
  };
};
