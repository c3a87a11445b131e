import type { RunId } from '../../../src/job/run.ts';
import type { MakeCheck } from '../check.ts';

/** A key is one run, for as long as its record is kept. */
export const keysOnce: MakeCheck = ({ ledger, blame }) => {
  const owners = new Map<string, RunId>();
  return {
    call(call) {
      if (call.method !== 'submit') return;
      call.args[0].forEach(({ key }, i) => {
        const answer = call.answer[i];
        if (key === null || !answer) return;
        const owner = owners.get(key);
        if (owner !== undefined && owner !== answer.run.id && !ledger.find(owner)?.pruned)
          blame(`the key ${key} is of ${ledger.nameOf(owner)} and is answered with another run`);
        owners.set(key, answer.run.id);
      });
    },
  };
};
