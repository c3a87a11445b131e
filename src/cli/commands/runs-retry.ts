import type { Call } from '../call.ts';
import { changeRuns } from '../change-runs.ts';

/** `onejob runs retry <run>`, or a filter: what did not succeed is tried again, its failed steps forgotten. */
export function execute(call: Call): Promise<number> {
  const reason = call.flags.text('reason');
  return changeRuns(call, {
    verb: 'retry',
    done: 'queued again',
    states: ['failed', 'cancelled'],
    apply: (client, id) => client.retry(id, reason),
    help: ({ job }, _, ref) => `${job} is queued again: onejob runs wait ${ref} waits for its end`,
  });
}
