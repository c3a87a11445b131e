import { runView } from '../../job/run-view.ts';
import { exitOfRuns, signalExits } from '../exit-code.ts';
import type { Call } from '../call.ts';
import { printResult } from '../print/result.ts';
import { printFailure } from '../print/run-report.ts';
import { withApp } from '../session.ts';

/** `onejob runs wait <run>`: ends when the run ends, and as it ends. WAIT_TIMED_OUT, 75, when the time runs out first. */
export function execute(call: Call): Promise<number> {
  const { terminal, positionals, flags, interruption } = call;
  const timeout = flags.duration('timeout');
  return withApp(call, async ({ app }) => {
    const { signal } = interruption;
    try {
      const run = await app.client.wait(positionals[0] ?? '', { signal, ...(timeout !== undefined && { timeout }) });
      if (terminal.json) terminal.outJson({ v: 1, ...runView(run) });
      else if (run.state === 'succeeded') printResult(terminal, run, false);
      if (run.state !== 'succeeded') printFailure(terminal, run);
      return exitOfRuns([run], null);
    } catch (error) {
      if (interruption.by !== null) return signalExits[interruption.by];
      throw error;
    }
  });
}
