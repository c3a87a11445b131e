import type { Signals } from '../../intake/signals.ts';
import type { Hooks } from '../../job/hooks.ts';
import type { Registry } from '../../job/registry.ts';
import type { Log } from '../../ports/log.ts';
import type { Meter } from '../../ports/meter.ts';
import type { Store } from '../../ports/store.ts';
import type { PrunePolicy } from '../../ports/store-query.ts';
import type { Tracer } from '../../ports/tracer.ts';
import type { Clock } from '../../std/clock.ts';
import type { Limits, Observer } from './host.ts';
import type { Outbox } from '../../intake/outbox.ts';
import type { Takes } from './takes.ts';
import type { ServicePool } from './service-pool.ts';

/** What an engine is made of: the program's jobs, its store, and the settings of its worker. */
export interface EngineOptions {
  readonly store: Store;
  readonly outbox: Outbox;
  readonly registry: Registry;
  /** The services of the process. It may have one engine after the other, so whoever made the services closes them. */
  readonly services: ServicePool;
  readonly hooks: Hooks;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Limits;
  readonly observer: Observer;
  readonly meter?: Meter | undefined;
  readonly tracer?: Tracer | undefined;
  readonly node: string;
  /** The node was named by `--node`, so it replaces the living worker of that name. */
  readonly replaces: boolean;
  readonly version: string;
  readonly slots: number;
  readonly leaseMs: number;
  readonly pollMs: number;
  readonly retention: PrunePolicy;
  readonly takes: Takes;
  readonly exitOnStall: boolean;
  /** The signals of this process. The engine becomes the worker that gets them. */
  readonly signals: Signals;
  /** This worker was evicted: it holds nothing any more and is refused every write. */
  readonly onEvicted: () => void;
}
