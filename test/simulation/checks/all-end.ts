import { isFinal } from '../../../src/job/state.ts';
import type { MakeCheck } from '../check.ts';

/** Every run ends once the faults stop. */
export const allEnd: MakeCheck = ({ ledger, blame }) => ({
  end(runs) {
    for (const { id, state, waitingFor, dueAt } of runs) {
      if (isFinal(state)) continue;
      const due = dueAt === null ? 'due never' : 'due at some time';
      blame(`${ledger.nameOf(id)} is ${state} for ever, ${due}, waits for [${waitingFor.join()}]`);
    }
  },
});
