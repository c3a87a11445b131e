import { isOwner, type MakeCheck } from '../check.ts';

/** No work of a step is done again once its end is recorded. Who has lost the run may do so: its word does not count. */
export const noBodyAfterRecord: MakeCheck = ({ ledger, blame }) => ({
  body(actor, step) {
    const run = ledger.get(actor.run);
    const record = run.steps.get(step);
    if (!record || record.state === 'running' || !isOwner(ledger, actor)) return;
    blame(`${run.name}: ${step} is executed in epoch ${actor.epoch} and was recorded in epoch ${record.epoch}`);
  },
});
