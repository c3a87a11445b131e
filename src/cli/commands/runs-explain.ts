import { shortId } from '../../std/id.ts';
import type { Call } from '../call.ts';
import { stateText } from '../print/state.ts';
import { withApp } from '../session.ts';

/** `onejob runs explain <run>`: the one reason why it is not running, and what to do about it (contract VT-22). */
export function execute(call: Call): Promise<number> {
  const { terminal, positionals } = call;
  return withApp(call, async ({ app }) => {
    const { id, job, state } = await app.client.find(positionals[0] ?? '');
    const { reason, text, remedy } = await app.client.explain(id);
    if (terminal.json) {
      terminal.outJson({ v: 1, id, job, state, reason, text, remedy });
      return 0;
    }
    const { paint } = terminal;
    terminal.out(`${paint.bold(job)} ${terminal.isWatched ? shortId(id) : id}  ${stateText(state, paint)}: ${text}\n`);
    if (remedy !== null) terminal.out(`  ${paint.dim(remedy)}\n`);
    return 0;
  });
}
