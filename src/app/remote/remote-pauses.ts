import { OnejobError } from '../../job/errors.ts';
import type { Pause } from '../../ports/inspector.ts';
import type { PauseTarget } from '../../ports/store-action.ts';
import type { Clock } from '../../std/clock.ts';
import type { Client } from '../client/client.ts';
import { pauseEnd } from '../config/instant-option.ts';
import type { PauseView } from '../views/json-views.ts';
import { pauseOfView } from './read-views.ts';
import type { ListOf, ServerLink } from './server-link.ts';

/** How a client of a server pauses jobs and nodes. */
export function createRemotePauses(link: ServerLink, clock: Clock): Pick<Client, 'pause' | 'resume' | 'pauses'> {
  async function pause(target: PauseTarget, { reason, until }: { reason?: string; until?: Date } = {}): Promise<void> {
    const { path, pause } = placeOf(target);
    const end = pauseEnd(until, clock.now());
    const body = { reason, until: end === null ? undefined : new Date(end).toISOString() };
    await link.act('POST', `${path}/${pause}`, { body });
  }

  async function resume(target: PauseTarget): Promise<void> {
    await link.act('POST', `${placeOf(target).path}/resume`);
  }

  async function pauses(): Promise<readonly Pause[]> {
    type Listed = PauseView & Pick<Pause, 'type' | 'name'>;
    return (await link.act<ListOf<Listed>>('GET', '/pauses')).items.map(pauseOfView);
  }

  return { pause, resume, pauses };
}

/** @throws USAGE for what has no place in the API */
function placeOf({ type, name }: PauseTarget): { path: string; pause: string } {
  if (type === 'job') return { path: `/jobs/${encodeURIComponent(name)}`, pause: 'pause' };
  if (type === 'node') return { path: `/nodes/${encodeURIComponent(name)}`, pause: 'drain' };
  throw new OnejobError('USAGE', `a ${type} cannot be paused through a server yet`, {
    hint: 'do it where the store is, with --store',
  });
}
