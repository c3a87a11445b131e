import { runView } from '../../job/run.ts';
import type { Call } from '../call.ts';
import { printRun } from '../print/run-page.ts';
import { withApp } from '../session.ts';

/** `onejob runs show <run>`: one run with its steps. */
export function execute(call: Call): Promise<number> {
  const { terminal, words } = call;
  return withApp(call, async ({ app }) => {
    const run = await app.client.find(words[0] ?? '', { steps: true });
    if (terminal.json) terminal.outJson({ v: 1, ...runView(run) });
    else printRun(terminal, run, Date.now());
    return 0;
  });
}
