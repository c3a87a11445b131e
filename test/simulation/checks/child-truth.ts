import { isOwner, type MakeCheck } from '../check.ts';

/** What a parent is told of its child is what became of it. */
export const childTruth: MakeCheck = ({ ledger, blame }) => ({
  result(actor, step, value) {
    const run = ledger.get(actor.run);
    const record = run.steps.get(step);
    const child = record?.child ? ledger.find(record.child) : undefined;
    if (!child || record?.state !== 'succeeded' || !isOwner(ledger, actor)) return;
    // What has been retried since then may have ended in another way.
    if (child.lives > 0 || child.pruned) return;
    if (child.output !== JSON.stringify(value ?? null))
      blame(`${run.name}: ${step} gave ${JSON.stringify(value)}, and ${child.name} ended with ${child.output}`);
  },
});
