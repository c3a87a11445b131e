import type { RunView } from '../../job/run-view.ts';
import type { ActionResult } from '../../ports/store-action.ts';
import type { Client } from '../client/client.ts';
import { runPath } from './run-path.ts';
import type { ServerLink } from './server-link.ts';

/** What a client of a server asks of runs that are there. */
export function createRemoteActions(link: ServerLink): Pick<Client, 'cancel' | 'send' | 'retry' | 'restart'> {
  function cancel(ref: string, reason?: string, { now }: { now?: boolean } = {}): Promise<ActionResult> {
    return change(ref, 'cancel', { reason, now });
  }

  function send(ref: string, event: string, data?: unknown): Promise<ActionResult> {
    return change(ref, 'send', { event, data });
  }

  function retry(ref: string, reason?: string): Promise<ActionResult> {
    return change(ref, 'retry', { reason });
  }

  function restart(ref: string, options: { from?: string | number; reason?: string } = {}): Promise<ActionResult> {
    return change(ref, 'restart', options);
  }

  async function change(ref: string, verb: string, body: Readonly<Record<string, unknown>>): Promise<ActionResult> {
    const { id, state, verdict } = await link.act<Changed>('POST', `${runPath(ref)}/${verb}`, { body });
    return { verdict, run: id, state };
  }

  return { cancel, send, retry, restart };
}

type Changed = RunView & { readonly verdict: ActionResult['verdict'] };
