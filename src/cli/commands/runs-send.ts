import { runView } from '../../job/run-view.ts';
import { isFinal } from '../../job/state.ts';
import { shortId } from '../../std/id.ts';
import { readBody } from '../arguments/body.ts';
import { usage } from '../arguments/flag.ts';
import type { Call } from '../call.ts';
import { withApp } from '../session.ts';

/** `onejob runs send <run> <event>`: a durable word to a run; kept when it comes before the run waits for it. */
export function execute(call: Call): Promise<number> {
  const { terminal, positionals, flags } = call;
  const [ref = '', event = ''] = positionals;
  return withApp(call, async ({ app }) => {
    await app.client.send(ref, event, readData(await readBody(flags)));
    const run = await app.client.find(ref);
    if (terminal.json) terminal.outJson({ v: 1, ...runView(run) });
    else if (!isFinal(run.state)) {
      const shown = terminal.infoSide.isWatched ? shortId(run.id) : run.id;
      terminal.info(`${run.job} has the event ${event}; onejob runs wait ${shown} waits for its end`);
    }
    return 0;
  });
}

/** Strictly JSON: a text that was meant as JSON would only be found out by the run, much later. @throws USAGE */
function readData(body: string | undefined): unknown {
  if (body === undefined || body.trim() === '') return undefined;
  try {
    return JSON.parse(body) as unknown;
  } catch (cause) {
    return usage(`--data is not JSON: ${(cause as Error).message}`, `a text is written --data '"text"'`);
  }
}
