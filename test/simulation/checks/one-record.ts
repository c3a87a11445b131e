import type { MakeCheck } from '../check.ts';

/** One recorded result per step over all attempts. */
export const oneRecord: MakeCheck = ({ ledger, blame }) => ({
  call(call) {
    if (call.method !== 'record') return;
    call.args[0].entries.forEach((entry, i) => {
      const run = ledger.find(entry.run);
      const verdict = call.answer[i];
      if (!run || entry.kind !== 'step') return;
      const before = run.steps.get(entry.key);
      const isOther = before?.state !== entry.state || before.output !== entry.output;
      if (verdict === 'ok' && before && before.state !== 'running' && isOther)
        blame(`${run.name}: ${entry.key} was recorded as ${before.output} and then as ${entry.output}`);
      if (verdict === 'conflict') blame(`${run.name}: ${entry.key} has a second result`);
    });
  },
});
