import type { Client } from '../../app/client/client.ts';
import type { Call } from '../call.ts';
import { changeRuns } from '../change-runs.ts';

/**
 * `onejob runs restart <run> [--from <step>]`, or a filter: a finished run is run again, from its beginning or from one
 * of its steps (contract VT-13).
 */
export function execute(call: Call): Promise<number> {
  const reason = call.flags.text('reason');
  const from = call.flags.text('from');
  return changeRuns(call, {
    verb: 'restart',
    done: 'queued again',
    states: ['succeeded', 'failed', 'cancelled'],
    apply: async (client, id) =>
      client.restart(id, {
        ...(from !== undefined && { from: await readStep(client, id, from) }),
        ...(reason !== undefined && { reason }),
      }),
    help: ({ job }, _, ref) =>
      `${job} is queued again${from === undefined ? '' : ` from ${from} on`}: onejob runs wait ${ref} waits for its end`,
  });
}

/** The key of a step, or its number from 1; what looks like a number and is a key is a key. */
async function readStep(client: Client, id: string, text: string): Promise<string | number> {
  if (!/^[1-9]\d{0,5}$/.test(text)) return text;
  const { steps = [] } = await client.find(id, { steps: true });
  return steps.some(({ key }) => key === text) ? text : Number(text);
}
