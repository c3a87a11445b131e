import { isCallbackRun } from '../job/callbacks.ts';
import type { AnyJob } from '../job/define.ts';
import { OnejobError } from '../job/errors.ts';
import type { Failure } from '../job/failure.ts';
import { parseInput } from '../job/input.ts';
import type { OutputLine } from '../job/output-line.ts';
import type { FinalState } from '../job/state.ts';
import type { Letter } from '../ports/store-ask.ts';
import type { Claim } from '../ports/store-claim.ts';
import { createDeferred } from '../std/deferred.ts';
import { Activity } from './activity.ts';
import { AttemptSteps } from './attempt-steps.ts';
import { runCallback } from './callback.ts';
import { Conclusion, type Settled } from './conclusion.ts';
import { withConsole } from './console-capture.ts';
import { createContext, ResponseNotes } from './context.ts';
import type { Host, Slot } from './host.ts';
import { Mailbox } from './mailbox.ts';
import { RunOutput } from './run-output.ts';
import { RunTimer } from './run-timer.ts';
import { Suspension } from './suspension.ts';

export interface AttemptOptions {
  readonly claim: Claim;
  readonly job: AnyJob;
  readonly host: Host;
  readonly slot: Slot;
  /** The store's clock minus ours. */
  readonly skewMs: number;
}

/** How an attempt left its worker. `lost`: the run is another's now, nothing was written. */
export type AttemptEnd = FinalState | 'retried' | 'parked' | 'handedBack' | 'lost';

/**
 * One execution of a handler, from its claim to what is recorded of it (STORE §4). Read `run` aloud: it is the life of
 * an attempt.
 */
export class Attempt {
  readonly claim: Claim;
  readonly job: AnyJob;
  readonly #host: Host;
  readonly #slot: Slot;
  readonly #skewMs: number;
  readonly #abort = new AbortController();
  readonly #left = createDeferred<Settled>();
  readonly #activity = new Activity(() => this.#suspension.consider());
  readonly #mailbox: Mailbox;
  readonly #output: RunOutput;
  readonly #response = new ResponseNotes();
  readonly #timer: RunTimer;
  readonly #suspension: Suspension;
  readonly #conclusion: Conclusion;
  readonly #startedAt: number;
  #stopping = false;
  #over = false;
  #steps: AttemptSteps | undefined;

  constructor({ claim, job, host, slot, skewMs }: AttemptOptions) {
    this.claim = claim;
    this.job = job;
    this.#host = host;
    this.#slot = slot;
    this.#skewMs = skewMs;
    this.#startedAt = host.clock.monotonic();
    this.#mailbox = new Mailbox(claim.mail, claim.letters);
    const { run, epoch, outputSeq: lastSeq } = claim;
    const { journal, clock, limits } = host;
    this.#output = new RunOutput({ run, epoch, lastSeq, maxBytes: limits.outputBytes, journal, clock });
    this.#timer = new RunTimer({
      claim,
      skewMs,
      graceMs: job.graceMs,
      clock,
      abort: (reason) => this.abort(reason),
      leave: () => this.#leaveBehind(),
    });
    this.#suspension = new Suspension({
      claim,
      host,
      slot,
      activity: this.#activity,
      mailbox: this.#mailbox,
      timer: this.#timer,
      onParked: () => this.#leave('parked'),
      onFrozen: () => this.#leave('handedBack'),
      onLost: () => this.lose(),
      isOver: () => this.#over,
    });
    this.#conclusion = new Conclusion({
      claim,
      job,
      host,
      signal: this.signal,
      output: this.#output,
      response: this.#response,
      mayRetry: () => !this.#timer.deadlinePassed,
    });
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  async run(): Promise<AttemptEnd> {
    this.#begin();
    const settled = await Promise.race([this.#handle(), this.#left.promise]);
    this.#over = true;
    this.#timer.stop();
    this.#steps?.close();
    const { end, failure } = await this.#conclusion.conclude(settled);
    await this.#end(end, failure);
    return end;
  }

  /** Cancel, time-out, interruption: the handler is told by its signal; past its grace it is left behind. */
  abort(reason: Error): void {
    if (this.#abort.signal.aborted || this.#over) return;
    this.#abort.abort(reason);
    this.#timer.startGrace();
  }

  /** A signal to the process: what executes is aborted, what only waits is parked and goes on another time. */
  interrupt(reason: Error): void {
    if (this.#activity.onlyWaits) this.stop();
    else this.abort(reason);
  }

  /** Another worker has the run: tells the handler, writes nothing more. */
  lose(): void {
    if (this.#over) return;
    this.#leave('lost');
    this.#abort.abort(new OnejobError('APP_STOPPING', 'this worker lost the run; another goes on with it'));
  }

  /** The worker stops: steps that run are finished and recorded, new ones do not start, then the run is handed back. */
  stop(): void {
    this.#stopping = true;
    this.#suspension.stop();
  }

  deliver(mail: number, letters: readonly Letter[]): void {
    const cancel = letters.find(({ kind }) => kind === 'cancel');
    if (cancel) this.abort(cancelled(cancel));
    this.#mailbox.deliver(mail, letters);
  }

  #begin(): void {
    const { host, claim } = { host: this.#host, claim: this.claim };
    host.observer.onStart?.(claim);
    host.log.info('run started', { ...this.#names(), args: claim.args.length > 0 ? claim.args : undefined });
    const cancel = claim.letters.find(({ kind }) => kind === 'cancel');
    this.#timer.start();
    if (cancel) this.abort(cancelled(cancel));
  }

  /** Input, services, hook, handler, and every step that it began. */
  async #handle(): Promise<Settled> {
    try {
      const value = await this.#execute();
      await this.#quiet('all tries');
      return { how: 'returned', value };
    } catch (thrown) {
      await this.#quiet('this try');
      return { how: 'threw', thrown, recordedStep: this.#steps?.isRecordedFailure(thrown) ?? false };
    }
  }

  async #execute(): Promise<unknown> {
    const { claim, job, signal } = this;
    const { services, hooks } = this.#host;
    const callback = isCallbackRun(claim);
    const given: unknown = claim.input === null ? undefined : JSON.parse(claim.input);
    const input = callback ? given : await parseInput(job, given);
    const opened = await services.open(job.services);
    await hooks.beforeRun?.(this.#hookRun());
    const steps = await this.#openSteps();
    if (signal.aborted) throw signal.reason;
    const context = createContext({
      claim,
      input,
      services: opened,
      step: steps.step,
      signal,
      response: this.#response,
      clock: this.#host.clock,
      write: (line) => this.#write(line),
      onProgress: (progress) => {
        if (this.#over) return;
        this.#output.setProgress(progress);
        this.#host.observer.onProgress?.(claim.run, progress);
      },
    });
    const sink = (line: Pick<OutputLine, 'stream' | 'level' | 'text'>): void =>
      this.#write({ at: this.#host.clock.now(), ...line });
    return withConsole(sink, () => (callback ? runCallback(job, claim, this.#host.store, context) : job.run(context)));
  }

  async #openSteps(): Promise<AttemptSteps> {
    const { claim, job, signal } = this;
    this.#steps = await AttemptSteps.open({
      claim,
      job,
      host: this.#host,
      skewMs: this.#skewMs,
      activity: this.#activity,
      mailbox: this.#mailbox,
      signal,
      gate: () => this.#gate(),
      resumed: () => this.#suspension.resumed(),
      onLost: () => this.lose(),
      isOver: () => this.#over,
      write: (line) => this.#write(line),
    });
    return this.#steps;
  }

  /** New steps wait here: for a full journal, for a store that does not answer, for ever while stopping. */
  async #gate(): Promise<void> {
    if (this.#stopping) {
      this.#activity.freeze();
      return new Promise(() => undefined);
    }
    const { journal } = this.#host;
    if (journal.isFull) await journal.room();
    await this.#slot.mayStart();
    if (this.signal.aborted) throw this.signal.reason;
  }

  /**
   * Until every step it began has settled. Sleeps, events and children that nobody awaits any more, such as the loser
   * of a race, are not waited for; the next try of a step is, unless the handler failed.
   */
  async #quiet(tries: 'all tries' | 'this try'): Promise<void> {
    const busy = (): boolean => this.#activity.working > 0 || (tries === 'all tries' && this.#activity.owesTries);
    while (busy()) await this.#activity.changed();
  }

  /** `afterRun` is called in any case, and cannot change what is stored. */
  async #end(end: AttemptEnd, error: Failure | null): Promise<void> {
    const { host, claim } = { host: this.#host, claim: this.claim };
    const durationMs = Math.round(host.clock.monotonic() - this.#startedAt);
    host.log.info('run ended', { ...this.#names(), outcome: end, durationMs });
    if (end !== 'parked' && end !== 'handedBack' && end !== 'lost') {
      try {
        await host.hooks.afterRun?.(this.#hookRun(), { state: end, error });
      } catch (thrown) {
        host.log.error('the hook afterRun failed', { ...this.#names(), error: String(thrown) });
      }
    }
    host.observer.onEnd?.(claim, end);
  }

  #leave(end: 'parked' | 'handedBack' | 'lost'): void {
    this.#left.resolve({ how: 'left', end });
  }

  /** Past the grace: the handler goes on as a zombie, fenced and counted, and the attempt ends without it. */
  #leaveBehind(): void {
    this.#host.log.warn('the handler ignores its signal and is left behind', this.#names());
    this.#left.resolve({ how: 'threw', thrown: this.signal.reason, recordedStep: false });
  }

  #write(line: OutputLine): void {
    if (this.#over) return;
    this.#output.add(line);
    this.#host.observer.onLine?.(this.claim.run, line);
  }

  #names(): Record<string, unknown> {
    const { job, run, trigger, traceId, attempt, key } = this.claim;
    return { job, run, trigger, traceId, attempt, ...(key === null ? {} : { key }) };
  }

  #hookRun(): {
    id: string;
    job: string;
    key: string | null;
    attempt: number;
    trigger: Claim['trigger'];
    traceId: string;
  } {
    const { run, job, key, attempt, trigger, traceId } = this.claim;
    return { id: run, job, key, attempt, trigger, traceId };
  }
}

function cancelled({ actor, reason }: Letter): OnejobError {
  const by = actor ? ` by ${actor}` : '';
  return new OnejobError('RUN_CANCELLED', `cancelled${by}${reason ? `: ${reason}` : ''}`);
}
