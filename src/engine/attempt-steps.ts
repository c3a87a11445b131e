import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AnyJob } from '../job/define.ts';
import { hasCode } from '../job/errors.ts';
import { readFailure } from '../job/failure.ts';
import type { OutputLine } from '../job/output-line.ts';
import type { StepRecord } from '../job/run.ts';
import type { Step } from '../job/step.ts';
import type { Claim } from '../ports/store-claim.ts';
import type { AttemptSpan } from '../ports/tracer.ts';
import type { Abort } from '../std/abort.ts';
import { Activity } from './activity.ts';
import { Dispenser } from './dispenser.ts';
import type { Host, Slot } from './host.ts';
import type { Mailbox } from './mailbox.ts';
import type { RunTimer } from './run-timer.ts';
import type { OpenStep } from './running-run.ts';
import { StepJournal } from './step-journal.ts';
import { createStep } from './step-kinds.ts';
import { Steps } from './steps.ts';
import { newRun } from './submission.ts';
import { Suspension } from './suspension.ts';

export interface AttemptStepsOptions {
  readonly claim: Claim;
  readonly job: AnyJob;
  readonly host: Host;
  readonly slot: Slot;
  readonly timer: RunTimer;
  readonly abort: Abort;
  readonly span: AttemptSpan | undefined;
  /** The store's clock minus ours. */
  readonly storeZeroMs: number;
  /** What was recorded before this attempt. */
  readonly records: readonly StepRecord[];
  readonly mailbox: Mailbox;
  readonly isOver: () => boolean;
  readonly onLeft: (end: 'parked' | 'handedBack' | 'cancelled') => void;
  readonly onLost: () => void;
  /** The engine cannot go on with this attempt, by a fault of its own. */
  readonly onBroken: (fault: unknown) => void;
  readonly write: (line: OutputLine) => void;
  /** Resolves when all output so far is committed. */
  readonly flush: () => Promise<void>;
}

/**
 * The durable half of an attempt: its steps, what they wait for, and its parking. Made when the handler first touches
 * `step`; a job without steps pays for none of it.
 */
export class AttemptSteps {
  readonly step: Step;
  readonly #options: AttemptStepsOptions;
  readonly #activity: Activity;
  readonly #suspension: Suspension;
  readonly #steps: Steps;
  #stopping = false;
  #hasChildren: boolean;

  constructor(options: AttemptStepsOptions) {
    this.#options = options;
    this.#hasChildren = options.records.some(({ child }) => child !== null);
    const { claim, job, host, slot, timer, abort, storeZeroMs, records, mailbox } = options;
    const { isOver, onLeft, onLost, onBroken, write, flush } = options;
    const { clock, journal, limits, store } = host;
    const { run, epoch, generation, root, traceId } = claim;
    const activity = new Activity(() => this.#suspension.consider());
    this.#activity = activity;
    this.#suspension = new Suspension({
      claim,
      host,
      slot,
      activity,
      mailbox,
      timer,
      flush,
      onLeft,
      onLost,
      onBroken,
      isOver,
    });
    this.#steps = new Steps({
      run,
      generation,
      records,
      clock,
      journal: new StepJournal({ journal, clock, run, epoch, onLost, onBroken, isOver }),
      dispenser: new Dispenser(),
      activity,
      mailbox,
      abort,
      isOpen: () => !this.#stopping && !isOver() && this.#mayStart(),
      gate: () => this.#gate(),
      resumed: () => this.#suspension.resumed(),
    });
    this.step = createStep({
      steps: this.#steps,
      retry: job.retry,
      graceMs: job.graceMs,
      maxBytes: limits.valueBytes,
      storeZeroMs,
      span: options.span,
      newChild: (child, input) =>
        newRun(
          child,
          { input, trigger: 'parent', parent: { run, root }, traceId, headers: traceHeaders(host) },
          limits.valueBytes,
        ),
      onChild: () => {
        this.#hasChildren = true;
        host.signals.work();
      },
      readRun: (child) => insist(host, abort, async () => (await store.get([child]))[0] ?? null),
      onItemFailed: (name, item, thrown) => {
        const text = `item ${item} of ${name} failed: ${readFailure(thrown).failure.message}`;
        write({ at: clock.now(), stream: 'log', level: 'error', text, step: name });
      },
      onRefused: (name, text) => write({ at: clock.now(), stream: 'log', level: 'warn', text, step: name }),
    });
  }

  /** Nothing is in execution: only sleeps, events, children or next tries are open. */
  get onlyWaits(): boolean {
    return this.#activity.onlyWaits;
  }

  /** Asked for and not ended. */
  get open(): readonly OpenStep[] {
    return this.#steps.open;
  }

  /** As `Suspension.isParking`. */
  get isParking(): boolean {
    return this.#suspension.isParking;
  }

  /** As `Suspension.left`. */
  left(): Promise<'parked' | 'cancelled' | undefined> {
    return this.#suspension.left();
  }

  /** It has children, which are cancelled where it does not succeed. */
  get hasChildren(): boolean {
    return this.#hasChildren;
  }

  stop(): void {
    this.#stopping = true;
    this.#suspension.stop();
  }

  close(): void {
    this.#steps.close();
    this.#suspension.close();
  }

  /** Is this the recorded failure of a step, itself or as a cause? */
  isRecordedFailure(thrown: unknown): boolean {
    return this.#steps.isRecordedFailure(thrown);
  }

  /**
   * No step begins any more. Resolves when every one that was begun has settled; undefined: they have. Sleeps, events
   * and children that nobody awaits any more, such as the loser of a race, are not waited for; the next try of a step
   * is, unless the handler failed.
   */
  quiet(tries: 'all tries' | 'this try'): Promise<void> | undefined {
    this.#steps.seal();
    this.#suspension.seal(tries);
    return this.#steps.unsettled > 0 ? this.#settled(tries) : undefined;
  }

  async #settled(tries: 'all tries' | 'this try'): Promise<void> {
    const busy = (): boolean => this.#activity.working > 0 || (tries === 'all tries' && this.#activity.owesTries);
    while (this.#steps.unsettled > 0) {
      while (busy()) await this.#activity.changed();
      await nextTurn(); // between the work of a step and its record there is a moment with neither
      if (!busy()) return;
    }
  }

  /**
   * New steps wait here: for a full journal, for a store that does not answer, for the slot that the attempt gave up
   * while it only waited, for ever while stopping and once the attempt is over.
   */
  async #gate(): Promise<void> {
    const { abort, isOver } = this.#options;
    if (!this.#mayStart() && !this.#stopping && !isOver()) await this.#activity.work(() => this.#opened());
    if (isOver()) return new Promise(() => undefined);
    if (this.#stopping) {
      this.#activity.freeze();
      return new Promise(() => undefined);
    }
    abort.check();
  }

  #mayStart(): boolean {
    const { host, slot } = this.#options;
    return !host.journal.isFull && slot.isReachable && !this.#suspension.isIdle;
  }

  async #opened(): Promise<void> {
    const { host, slot } = this.#options;
    if (host.journal.isFull) await host.journal.room();
    if (!slot.isReachable) await slot.mayStart();
    await this.#suspension.resumed();
  }
}

/** So that the span of a child hangs below the step that asked for it. */
function traceHeaders({ tracer }: Host): (readonly [string, string])[] {
  const traceparent = tracer?.traceparent();
  return traceparent === undefined ? [] : [['traceparent', traceparent]];
}

/** Reads that a run cannot go on without are repeated like records are (STORE §1.5). */
export async function insist<T>(host: Host, abort: Abort, read: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!hasCode(error, 'STORE_UNAVAILABLE')) throw error;
      await host.clock.sleep(pauseMs, abort.signal);
    }
  }
}

const pauseMs = 500;
