import type { RunId } from '../../../src/job/run.ts';
import type { MakeCheck } from '../check.ts';

/** A message is consumed by one step of the run, whatever happens to its attempts. */
export const messagesOnce: MakeCheck = ({ ledger, blame }) => {
  const taken = new Map<RunId, { life: number; by: Map<number, string> }>();
  return {
    call(call) {
      if (call.method !== 'record') return;
      call.args[0].entries.forEach((entry, i) => {
        if (entry.kind !== 'step' || entry.consumes === null || call.answer[i] !== 'ok') return;
        const run = ledger.get(entry.run);
        const before = taken.get(run.id);
        const by = before?.life === run.lives ? before.by : new Map<number, string>();
        taken.set(run.id, { life: run.lives, by });
        const first = by.get(entry.consumes);
        if (first !== undefined && first !== entry.key)
          blame(`${run.name}: one message is consumed by ${first} and by ${entry.key}`);
        by.set(entry.consumes, entry.key);
      });
    },
  };
};
