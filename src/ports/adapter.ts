import type { Inspector } from './inspector.ts';
import type { Notifier } from './notifier.ts';
import type { Store } from './store.ts';
import type { Upkeep } from './upkeep.ts';

/** A technology in which runs can be kept. Its module loads no driver; `open` does. */
export interface Adapter {
  /** The URLs that it takes begin with one of them and a colon. In lower case. */
  readonly schemes: readonly string[];
  /** @throws CONFIG_INVALID for a URL that is wrong, DRIVER_MISSING with the line that installs the driver */
  open(url: string, options: OpenOptions): Promise<OpenedStore>;
}

interface OpenOptions {
  /** The process may end in a moment, and nothing in it waits while a disk is slow. */
  readonly isBrief: boolean;
}

/** A store with what comes along with it; whoever opened it closes the notifier first and then the store. */
export interface OpenedStore {
  readonly store: Store;
  /** Null where a store of the user's own has none. */
  readonly inspector: Inspector | null;
  /** Null where a store of the user's own has none. */
  readonly upkeep: Upkeep | null;
  /** Null where no other process can have the store open, and for a store of the user's own. */
  readonly notifier: Notifier | null;
}
