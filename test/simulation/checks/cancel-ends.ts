import type { MakeCheck } from '../check.ts';

/** An accepted cancel ends the run: nobody begins it again. */
export const cancelEnds: MakeCheck = ({ ledger, blame }) => ({
  call(call) {
    if (call.method !== 'claim') return;
    for (const { run: id, epoch } of call.answer.claims) {
      const run = ledger.find(id);
      if (run?.cancelled && run.epoch !== epoch) blame(`${run.name} is cancelled, and begins once more`);
    }
  },
});
