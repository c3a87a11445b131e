import { runView } from '../../job/run.ts';
import type { Call } from '../call.ts';
import { withApp } from '../session.ts';

/** `onejob runs cancel <run>`: at once where nobody works on it, else its worker is asked to. */
export function execute(call: Call): Promise<number> {
  const { terminal, words, given } = call;
  const ref = words[0] ?? '';
  return withApp(call, async ({ app }) => {
    const { verdict } = await app.client.cancel(ref, given.text('reason'));
    const run = await app.client.find(ref);
    if (terminal.json) terminal.outJson({ v: 1, ...runView(run) });
    else if (verdict === 'mailed')
      terminal.talk(`${run.job} is asked to end; onejob runs wait ${run.id} waits for that`);
    else terminal.talk(`${run.job} is cancelled`);
    return 0;
  });
}
