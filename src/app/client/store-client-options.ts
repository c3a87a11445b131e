import type { Outbox } from '../../intake/outbox.ts';
import type { Intake } from '../../intake/intake.ts';
import type { Signals } from '../../intake/signals.ts';
import type { Registry } from '../../job/registry.ts';
import type { Inspector } from '../../ports/inspector.ts';
import type { Meter } from '../../ports/meter.ts';
import type { Store } from '../../ports/store.ts';
import type { Clock } from '../../std/clock.ts';
import type { RunChangeHub } from '../backend/run-change-hub.ts';

/** What a client works on; opened on first use. */
export interface Backend {
  readonly store: Store;
  readonly inspector: Inspector | null;
  readonly outbox: Outbox;
  /** Those of the workers of this store. */
  readonly signals: Signals;
}

export interface StoreClientOptions {
  readonly backend: () => Promise<Backend>;
  readonly intake: Intake;
  /** Null: jobs are not known here. */
  readonly registry: () => Promise<Registry | null>;
  readonly clock: Clock;
  readonly changeHub: RunChangeHub;
  /** Told of runs that the store ends as this client asks. */
  readonly meter?: Meter | undefined;
  /** Who asks, for the record. */
  readonly actor: string;
  /** Of the data of an event. */
  readonly maxBytes: () => number;
  /** What `close` does; an app's own client leaves that to the app. */
  readonly close: () => Promise<void>;
}
