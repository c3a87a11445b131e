import { defaultStore, openBackend } from '../app/backend/backend.ts';
import { settingsOf, type Settings } from '../app/config/settings.ts';
import { OnejobError } from '../job/errors.ts';
import type { Store } from '../ports/store.ts';
import type { Upkeep } from '../ports/upkeep.ts';
import type { Call } from './call.ts';
import { openSession } from './session.ts';

/** A store as a database: opened, but neither migrated nor worked on. */
export interface Database {
  readonly store: Store;
  /** @throws CONFIG_INVALID where a store of the user's own does not offer it */
  readonly upkeep: () => Upkeep;
  readonly upkeepIfAny: Upkeep | null;
  readonly settings: Settings;
}

/** Gives `work` the store of the command line, and closes it afterwards, whatever happens. */
export async function withDatabase(call: Call, work: (database: Database) => Promise<number>): Promise<number> {
  const { app } = await openSession(call);
  const {
    store,
    upkeep: upkeepIfAny,
    notifier,
    isOurs,
  } = await openBackend(app.config.options.store ?? defaultStore, { isBrief: true });
  try {
    const upkeep = () => upkeepIfAny ?? refuse(store);
    return await work({ store, upkeep, upkeepIfAny, settings: settingsOf(app.config.options) });
  } finally {
    await notifier?.close();
    if (isOurs) await store.close();
    await app.stop();
  }
}

function refuse(store: Store): never {
  throw new OnejobError('CONFIG_INVALID', `the store ${store.facts.url} does not offer this`, {
    hint: 'it is one of your own: do it with the tools of its database, or implement Upkeep',
  });
}
