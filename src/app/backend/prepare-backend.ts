import { Outbox } from '../../intake/outbox.ts';
import { evictPredecessors } from '../../engine/liveness/predecessors.ts';
import { Signals } from '../../intake/signals.ts';
import { OnejobError } from '../../job/errors.ts';
import type { RunId } from '../../job/run.ts';
import type { Log } from '../../ports/log.ts';
import type { Meter } from '../../ports/meter.ts';
import type { Store } from '../../ports/store.ts';
import { systemClock } from '../../std/clock.ts';
import { openBackend, type OpenedBackend } from './backend.ts';
import type { Backend } from '../client/store-client-options.ts';
import { EndNotices } from './end-notices.ts';
import { MessageHints } from './message-hints.ts';
import { PeerChannel } from './peer-channel.ts';
import { RunChangeNotifier } from './run-change-notifier.ts';
import type { RunChangeHub } from './run-change-hub.ts';
import { observedStore } from './observed-store.ts';

export interface PreparedBackend extends OpenedBackend, Backend {
  /** The channel to the other processes of this store. */
  readonly channel: PeerChannel;
  readonly changeNotifier: RunChangeNotifier;
  readonly endNotices: EndNotices;
  readonly messages: MessageHints;
  /** Says what is not said yet, and closes all that was opened; a store that was handed over stays open. */
  close(): Promise<void>;
}

/** A store that says what is changed in it, to this process and to the others; and the signals of its workers. */
export function openPeerChannel(opened: OpenedBackend, changeHub: RunChangeHub, { listens }: { listens: boolean }) {
  const { notifier } = opened;
  const { ends } = changeHub;
  const channel = new PeerChannel(notifier);
  const endNotices = new EndNotices({ channel, clock: systemClock, listens, onEnded: (runs) => ends.ended(runs) });
  const changeNotifier = new RunChangeNotifier({
    channel,
    clock: systemClock,
    listens,
    onChange: (runs) => changeHub.changed(runs),
  });
  const messages = new MessageHints({ channel, clock: systemClock });
  const store = observedStore(opened.store, {
    isObserved: () => changeHub.isObserved || changeNotifier.isWanted,
    changed: (runs) => {
      changeHub.changed(runs);
      changeNotifier.tell(runs);
    },
    ended: (runs) => {
      ends.ended(runs);
      endNotices.ended(runs);
    },
  });
  const others = {
    work(): void {
      changeNotifier.hinted();
      endNotices.hinted();
      notifier?.hint();
    },
    mailbox: (runs: readonly RunId[] | null): void => messages.tell(runs),
  };
  return {
    store,
    channel,
    changeNotifier,
    endNotices,
    messages,
    signals: new Signals({ others, facts: store.facts }),
    async close(): Promise<void> {
      ends.close();
      changeNotifier.close();
      endNotices.close();
      messages.close();
      channel.close();
      await notifier?.close();
      if (opened.isOurs) await opened.store.close();
    },
  };
}

export interface PrepareOptions {
  readonly store: string | Store;
  /** The process may end in a moment. */
  readonly isBrief: boolean;
  readonly migrates: boolean;
  readonly log: Log;
  readonly meter?: Meter;
  readonly changeHub: RunChangeHub;
}

/** Opens a store, brings its schema up to date, and frees what dead processes of this machine held (protocol/liveness#predecessors). */
export async function prepareBackend(options: PrepareOptions): Promise<PreparedBackend> {
  const opened = await openBackend(options.store, { isBrief: options.isBrief });
  try {
    return await prepare(opened, options);
  } catch (error) {
    await opened.notifier?.close();
    if (opened.isOurs) await opened.store.close();
    throw error;
  }
}

async function prepare(opened: OpenedBackend, options: PrepareOptions): Promise<PreparedBackend> {
  const { migrates, log, meter, changeHub, isBrief } = options;
  if (migrates) await opened.store.migrate();
  else await refuseBehind(opened.store);
  const told = openPeerChannel(opened, changeHub, { listens: !isBrief });
  const { store, signals } = told;
  const taken = await evictPredecessors(store, log, meter);
  if (taken.length > 0) signals.taken();
  return { ...opened, ...told, outbox: new Outbox({ store, clock: systemClock, log, meter, signals }) };
}

/** For a store that somebody else migrates: refuses to begin on a schema that lacks what this code needs. */
async function refuseBehind(store: Store): Promise<void> {
  const { from, to } = await store.migrate({ dryRun: true });
  if (from === to) return;
  const state = from === 0 ? 'has no schema yet' : `has schema ${from}, and this onejob needs ${to}`;
  throw new OnejobError('CONFIG_INVALID', `the store ${store.facts.url} ${state}, and migrate is manual`, {
    hint: 'run onejob db migrate as a user who may; onejob db migrate --sql prints what it would do',
  });
}
