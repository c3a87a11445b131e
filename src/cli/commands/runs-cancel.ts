import type { Call } from '../call.ts';
import { changeRuns } from '../change-runs.ts';

/**
 * `onejob runs cancel <run>`, or a filter: at once where nobody works on it, else its worker is asked to end it; with
 * `--now` it is not asked.
 */
export function execute(call: Call): Promise<number> {
  const reason = call.flags.text('reason');
  const now = call.flags.on('now');
  return changeRuns(call, {
    verb: 'cancel',
    done: 'cancelled',
    states: ['queued', 'running', 'waiting'],
    apply: (client, id) => client.cancel(id, reason, { now }),
    help: ({ job }, verdict, ref) =>
      verdict === 'pending'
        ? `${job} is asked to end: onejob runs wait ${ref} waits for that, onejob runs cancel ${ref} --now does not ask`
        : `${job} is cancelled`,
  });
}
