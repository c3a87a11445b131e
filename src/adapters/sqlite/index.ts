import { OnejobError } from '../../job/errors.ts';
import { systemClock, type Clock } from '../../std/clock.ts';
import type { Adapter } from '../../ports/adapter.ts';
import type { Inspector } from '../../ports/inspector.ts';
import type { Store } from '../../ports/store.ts';
import type { Upkeep } from '../../ports/upkeep.ts';
import { openBriefly } from './writer/brief-writer-channel.ts';
import { DatabaseIdentity } from './file/file-identity.ts';
import { openInPlace, openOnThread, type WriterChannel } from './writer/writer-channel.ts';
import { openFileNotifier } from './notifier/notifier.ts';
import { createSqliteStore } from './store.ts';

export { openFileNotifier } from './notifier/notifier.ts';

/** `sqlite:PATH`, and `memory:`, which lives as long as the process. */
export const sqlite: Adapter = {
  schemes: ['sqlite', 'memory'],
  async open(url, { isBrief }) {
    const path = pathOf(url);
    const store = await openSqliteStore({ path, isBrief });
    const notifier = path === ':memory:' ? null : openFileNotifier(path);
    return { store, inspector: store, upkeep: store, notifier };
  },
};

export interface SqliteOptions {
  /** A file, whose directory is created; `:memory:` lives as long as the store. */
  readonly path: string;
  /** The store's clock, for tests; only where the store is in place. */
  readonly clock?: Pick<Clock, 'now'>;
  /** On the caller's thread instead of one of its own; always so for `:memory:`. */
  readonly inPlace?: boolean;
  /** The process may end in a moment: a thread is opened only for a worker. */
  readonly isBrief?: boolean;
}

/**
 * Returns at once: the file is opened while the first calls queue up, and what is wrong with it is told to them.
 *
 * @throws DRIVER_MISSING (from the first call) on Node before 22.13 without `@photostructure/sqlite`
 */
export async function openSqliteStore({
  path,
  clock = systemClock,
  inPlace,
  isBrief,
}: SqliteOptions): Promise<Store & Inspector & Upkeep> {
  const isMemory = path === ':memory:';
  const url = isMemory ? 'memory:' : `sqlite:${path}`;
  const place = { path, url, identity: new DatabaseIdentity() };
  const open = (): WriterChannel | Promise<WriterChannel> => {
    if (isMemory || inPlace === true) return openInPlace({ ...place, now: () => clock.now() });
    return isBrief === true ? openBriefly(place) : openOnThread(place);
  };
  const channel = await open();
  return createSqliteStore(
    {
      id: '',
      reach: isMemory ? 'process' : 'host',
      url,
      heartbeat: channel.heartbeats ? 'store' : null,
      isOrdered: true,
    },
    channel,
    path,
  );
}

function pathOf(url: string): string {
  if (/^memory:/i.test(url)) return ':memory:';
  const path = url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
  if (path !== '') return path;
  throw new OnejobError('CONFIG_INVALID', 'the store URL sqlite: names no file', {
    hint: 'write the path behind it, such as sqlite:.onejob/onejob.db',
  });
}
