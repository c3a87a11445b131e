import { isFinal } from '../../../src/job/state.ts';
import type { MakeCheck } from '../check.ts';

/** What is pruned has ended, and nobody needs it any more: no parent that reads how it ended. */
export const pruneSpares: MakeCheck = ({ ledger, blame }) => {
  const told = new Set<string>();
  return {
    taken(call) {
      if (call.method !== 'prune') return;
      for (const run of ledger.runs) {
        if (!run.pruned || told.has(run.id)) continue;
        told.add(run.id);
        const parent = run.parent === null ? undefined : ledger.find(run.parent);
        if (!isFinal(run.state)) blame(`${run.name} is pruned and was ${run.state}`);
        if (parent && !parent.pruned && !isFinal(parent.state))
          blame(`${run.name} is pruned before its parent has ended`);
      }
    },
  };
};
