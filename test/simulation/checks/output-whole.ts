import type { RunId } from '../../../src/job/run.ts';
import type { MakeCheck } from '../check.ts';

/** The output of a run has no hole and nothing twice. */
export const outputWhole: MakeCheck = ({ ledger, blame }) => {
  const last = new Map<RunId, number>();
  return {
    call(call) {
      if (call.method !== 'append') return;
      call.args[0].chunks.forEach(({ run, seq }, i) => {
        if (call.answer[i] !== 'ok') return;
        const before = last.get(run) ?? 0;
        if (seq > before + 1) blame(`${ledger.nameOf(run)}: output ${seq} follows ${before}`);
        last.set(run, Math.max(before, seq));
      });
    },
  };
};
