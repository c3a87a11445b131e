import type { RunId } from '../../../src/job/run.ts';
import { isOwner, type MakeCheck } from '../check.ts';

/** What a handler is given is what was recorded, and each replay gives it again: so it takes the same branch. */
export const sameResults: MakeCheck = ({ ledger, blame }) => {
  const told = new Map<RunId, { life: number; values: Map<string, string> }>();
  return {
    result(actor, step, value) {
      if (!isOwner(ledger, actor)) return;
      const run = ledger.get(actor.run);
      const known = told.get(run.id);
      const values = known?.life === run.lives ? known.values : new Map<string, string>();
      told.set(run.id, { life: run.lives, values });
      const text = JSON.stringify(value ?? null);
      const before = values.get(step);
      if (before !== undefined && before !== text)
        blame(`${run.name}: ${step} gave ${before}, and in a replay ${text}`);
      values.set(step, text);
      const record = run.steps.get(step);
      if (record?.state === 'succeeded' && (record.output ?? 'null') !== text)
        blame(`${run.name}: ${step} gave ${text}, and ${record.output} is recorded`);
    },
  };
};
