import type { MakeCheck } from '../check.ts';

/** A step that asks for a child has one, as long as that is there. */
export const oneChild: MakeCheck = ({ ledger, blame }) => ({
  call(call) {
    if (call.method !== 'record') return;
    call.args[0].entries.forEach((entry, i) => {
      if (entry.kind !== 'try' || entry.child === null || call.answer[i] !== 'ok') return;
      const run = ledger.find(entry.run);
      const first = run?.steps.get(entry.key)?.child;
      if (!run || !first || first === entry.child.id || ledger.find(first)?.pruned) return;
      blame(`${run.name}: ${entry.key} has ${ledger.nameOf(first)} and makes a second child`);
    });
  },
});
