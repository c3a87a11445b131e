import type { PauseTarget } from '../../ports/store-action.ts';
import { newId } from '../../std/id.ts';
import type { Client } from './client.ts';
import { pauseEnd } from '../config/instant-option.ts';
import type { StoreClientOptions } from './store-client-options.ts';

/** How a client of a store pauses jobs, queues and nodes. */
export type Pauses = Pick<Client, 'pause' | 'resume'>;

export function createPauses({
  backend,
  clock,
  actor,
}: Pick<StoreClientOptions, 'backend' | 'clock' | 'actor'>): Pauses {
  return {
    async pause(target: PauseTarget, options: { reason?: string; until?: Date } = {}): Promise<void> {
      const { outbox } = await backend();
      const until = pauseEnd(options.until, clock.now());
      await outbox.act({ id: newId(), kind: 'pause', target, until, actor, reason: options.reason ?? null });
    },

    async resume(target: PauseTarget): Promise<void> {
      const { outbox, signals } = await backend();
      await outbox.act({ id: newId(), kind: 'resume', target, until: null, actor, reason: null });
      signals.work();
    },
  };
}
