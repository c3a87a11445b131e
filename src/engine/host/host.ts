import type { Signals } from '../../intake/signals.ts';
import type { Hooks } from '../../job/hooks.ts';
import type { OutputLine } from '../../job/output-line.ts';
import type { Registry } from '../../job/registry.ts';
import type { Progress, RunId } from '../../job/run.ts';
import type { AttemptEnd } from '../../ports/attempt-end.ts';
import type { Log } from '../../ports/log.ts';
import type { Meter } from '../../ports/meter.ts';
import type { Store } from '../../ports/store.ts';
import type { Claim } from '../../ports/store-claim.ts';
import type { Tracer } from '../../ports/tracer.ts';
import type { Clock } from '../../std/clock.ts';
import type { Journal } from '../journal/journal.ts';
import type { ServicePool } from './service-pool.ts';

/** What every attempt of a process shares. */
export interface Host {
  readonly store: Store;
  readonly journal: Journal;
  readonly registry: Registry;
  readonly services: Pick<ServicePool, 'opened' | 'open' | 'close'>;
  readonly hooks: Hooks;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Limits;
  readonly observer: Observer;
  readonly meter?: Meter | undefined;
  /** Undefined where nobody collects spans. */
  readonly tracer?: Tracer | undefined;
  readonly signals: Pick<Signals, 'work' | 'mailbox'>;
}

export interface Limits {
  /** Limit of an input, of a step's result, and of an output. */
  readonly valueBytes: number;
  /** Limit of the output that is kept of a run. */
  readonly outputBytes: number;
  /** How long an attempt that only waits keeps its continuation in memory. */
  readonly parkAfterMs: number;
}

/** Is told what happens to runs in this process, for terminals and live pages. It does not throw. */
export interface Observer {
  onStart?(claim: Claim): void;
  onLine?(run: RunId, line: OutputLine, claim: Claim): void;
  onProgress?(run: RunId, progress: Progress): void;
  onWaiting?(run: RunId, waitingFor: readonly string[]): void;
  onEnd?(claim: Claim, end: AttemptEnd): void;
}

/** What an attempt asks of the worker that holds it. */
export interface Slot {
  /** Gives the slot up while the attempt only waits. */
  release(): void;
  /** Resolves when it has a slot again. */
  take(): Promise<void>;
  /** The worker's heartbeats reach the store. */
  readonly isReachable: boolean;
  /**
   * Resolves when heartbeats reach the store. Until then no new step starts (protocol/liveness#while-heartbeats-fail).
   */
  mayStart(): Promise<void>;
}
