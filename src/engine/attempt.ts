import { isCallbackRun } from '../job/callbacks.ts';
import type { AnyJob } from '../job/define.ts';
import { OnejobError } from '../job/errors.ts';
import { parseInput } from '../job/input.ts';
import type { OutputLine } from '../job/output-line.ts';
import type { Progress, StepRecord } from '../job/run.ts';
import type { AttemptEnd } from '../ports/attempt-end.ts';
import type { Claim } from '../ports/store-claim.ts';
import type { Inbox, MailboxPosition } from '../ports/store-message.ts';
import type { AttemptSpan } from '../ports/tracer.ts';
import { Abort } from '../std/abort.ts';
import { reportBegin, reportEnd } from './attempt-report.ts';
import { AttemptSteps } from './attempt-steps.ts';
import { concludePlainly, internalError } from './breakdown.ts';
import { runCallback } from './callback.ts';
import { cancellation } from './cancellation.ts';
import { hookRun, namesOf } from './claim-names.ts';
import { Conclusion, type Concluded, type Settled } from './conclusion.ts';
import { currentSink, withConsole, type ConsoleSink } from './console-capture.ts';
import { createContext, ResponseNotes } from './context.ts';
import type { Host, Slot } from './host.ts';
import { Mailbox } from './mailbox.ts';
import { readPast } from './read-past.ts';
import { RunOutput } from './run-output.ts';
import { RunTimer } from './run-timer.ts';
import { runningRun, type RunningRun } from './running-run.ts';

export interface AttemptOptions {
  readonly claim: Claim;
  readonly job: AnyJob;
  readonly host: Host;
  readonly slot: Slot;
  /** As in `RunTimerOptions`. */
  readonly storeZeroMs: number;
}

/**
 * One execution of a handler, from its claim to what is recorded of it (STORE §4). Read `run` aloud: it is the life of
 * an attempt.
 */
export class Attempt {
  readonly claim: Claim;
  readonly job: AnyJob;
  readonly startedAt: number; // by the monotonic clock
  readonly #options: AttemptOptions;
  readonly #abort = new Abort();
  /** Says how the attempt ended; the first word counts. */
  #settle: (settled: Settled) => void = () => undefined;
  readonly #response = new ResponseNotes();
  readonly #timer: RunTimer;
  #output: RunOutput | undefined;
  #steps: AttemptSteps | undefined;
  #records: readonly StepRecord[] = [];
  readonly #mailbox = new Mailbox();
  #stopping = false;
  #isLeftBehind = false;
  #over = false;
  #sink: ConsoleSink | undefined;
  #span: AttemptSpan | undefined;

  constructor(options: AttemptOptions) {
    const { claim, job, host, storeZeroMs } = options;
    this.#options = options;
    this.claim = claim;
    this.job = job;
    this.startedAt = host.clock.monotonic();
    this.#timer = new RunTimer({
      // A run that was asked for before its job had a time-out has the job's of today.
      claim: { deadlineAt: claim.deadlineAt, timeoutMs: claim.timeoutMs ?? job.timeoutMs },
      storeZeroMs,
      graceMs: job.graceMs,
      clock: host.clock,
      abort: (reason) => this.abort(reason),
      leave: () => this.#leaveBehind(),
    });
  }

  /** Never rejects: an error on this way is our own, and ends the attempt as INTERNAL (docs/decisions/0052). */
  async run(): Promise<AttemptEnd> {
    let concluded: Concluded;
    try {
      this.#begin();
      const settled = await new Promise<Settled>((settle) => {
        this.#settle = settle;
        void (this.#span ? this.#span.within(() => this.#handle()) : this.#handle());
      });
      this.#close();
      const left = settled.how !== 'left' && this.#steps?.isParking ? await this.#steps.left() : undefined;
      concluded = await this.#conclude(left ? { how: 'left', end: left } : settled);
    } catch (fault) {
      this.#close();
      concluded = await concludePlainly({ ...this.#options, deadlineInMs: this.#timer.deadlineInMs }, fault);
    }
    const ended = { claim: this.claim, graceMs: this.job.graceMs, span: this.#span, startedAt: this.startedAt };
    const reported = reportEnd(this.#options.host, ended, concluded);
    if (reported) await reported;
    return concluded.end;
  }

  /** Cancel, time-out, interruption: the handler is told by its signal; past its grace it is left behind. */
  abort(reason: Error): void {
    if (this.#abort.aborted || this.#over) return;
    this.#abort.abort(reason);
    this.#timer.startGrace();
  }

  /** Nothing of it is in execution: only sleeps, events, children or next tries are open. */
  get onlyWaits(): boolean {
    return this.#steps?.onlyWaits ?? false;
  }

  /** Another worker has the run: tells the handler, writes nothing more. */
  lose(): void {
    if (this.#over) return;
    this.#settle({ how: 'left', end: 'lost' });
    this.#abort.abort(new OnejobError('RUN_LOST', 'this worker lost the run; another goes on with it'));
  }

  /** The worker stops: steps that run are finished and recorded, new ones do not start, then the run is handed back. */
  stop(): void {
    this.#stopping = true;
    this.#steps?.stop();
  }

  get view(): RunningRun {
    const ageMs = this.#options.host.clock.monotonic() - this.startedAt;
    return runningRun(this.claim, ageMs, this.#steps);
  }

  /** Whether the code that executes now, also in a callback, is this handler's. */
  get isCurrent(): boolean {
    return this.#sink !== undefined && this.#sink === currentSink();
  }

  /**
   * Its code threw where nobody could catch it, so what it waits for may never come: the run fails at once and for
   * good. False: it has ended already.
   */
  fault(error: Error, isFinal = true): boolean {
    if (this.#over) return false;
    this.#settle({ how: 'threw', thrown: error, isFinal });
    this.#abort.abort(error);
    return true;
  }

  /** How far its mailbox was read; null: it lets go of the run, or has, so what the store says of it may be older. */
  get mailbox(): MailboxPosition | null {
    if (this.#over || this.#steps?.isParking) return null;
    return { run: this.claim.run, epoch: this.claim.epoch, seen: this.#mailbox.seen };
  }

  get hasChildren(): boolean {
    return this.#steps?.hasChildren ?? false;
  }

  deliver({ seen, letters }: Pick<Inbox, 'seen' | 'letters'>): void {
    for (const letter of letters) if (letter.kind === 'cancel') this.abort(cancellation(letter));
    this.#mailbox.deliver(seen, letters);
  }

  #close(): void {
    this.#over = true;
    this.#timer.stop();
    this.#steps?.close();
  }

  #begin(): void {
    const { claim, host } = this.#options;
    this.#span = host.tracer?.begin(claim);
    reportBegin(host, claim);
    this.#timer.start(); // nobody has asked for its cancel: then the run would have ended where it was let go
  }

  /** Input, services, hook, handler, and every step that it began. */
  async #handle(): Promise<void> {
    try {
      const value = await this.#execute();
      const busy = this.#steps?.quiet('all tries');
      if (busy) await busy;
      this.#settle({ how: 'returned', value });
    } catch (thrown) {
      await this.#steps?.quiet('this try');
      // A recorded failure would be thrown again by each replay (STORE §4).
      this.#settle({ how: 'threw', thrown, isFinal: this.#steps?.isRecordedFailure(thrown) ?? false });
    }
    if (this.#isLeftBehind) this.#options.host.meter?.settledLate(this.claim);
  }

  /** Calls the handler at once where nothing has to be waited for: each promise counts in a run that does little. */
  #execute(): unknown {
    const { claim, job, host } = this.#options;
    const services = host.services.opened(job.services);
    const mustWait = !services || job.input || host.hooks.beforeRun || claim.steps + claim.mail > 0;
    if (mustWait) return this.#prepareAndCall();
    return this.#call(claim.input === null ? undefined : JSON.parse(claim.input), services);
  }

  async #prepareAndCall(): Promise<unknown> {
    const { claim, job, host } = this.#options;
    const given: unknown = claim.input === null ? undefined : JSON.parse(claim.input);
    const input = isCallbackRun(claim) || !job.input ? given : await parseInput(job, given);
    const services = await host.services.open(job.services);
    if (host.hooks.beforeRun) await host.hooks.beforeRun(hookRun(claim));
    if (claim.steps + claim.mail > 0) this.#records = await readPast(host, claim, this.#mailbox, this.#abort);
    return this.#call(input, services);
  }

  #call(input: unknown, services: unknown): unknown {
    const { claim, job, host } = this.#options;
    this.#abort.check();
    const context = createContext({
      claim,
      input,
      services,
      step: () => this.#openSteps().step,
      abort: this.#abort,
      tracer: host.tracer,
      response: this.#response,
      clock: host.clock,
      write: (line) => this.#write(line),
      onProgress: (progress) => this.#report(progress),
    });
    this.#sink = (line) => this.#write({ at: host.clock.now(), ...line });
    return withConsole(this.#sink, () =>
      isCallbackRun(claim) ? runCallback({ claim, job, host, abort: this.#abort }, context) : job.run(context),
    );
  }

  #openSteps(): AttemptSteps {
    if (this.#steps) return this.#steps;
    const { claim, job, host, slot, storeZeroMs } = this.#options;
    // Named one by one: a spread made this the costliest line of a short run.
    this.#steps = new AttemptSteps({
      claim,
      job,
      host,
      slot,
      storeZeroMs,
      timer: this.#timer,
      abort: this.#abort,
      span: this.#span,
      records: this.#records,
      mailbox: this.#mailbox,
      isOver: () => this.#over,
      onLeft: (end) => {
        this.#settle({ how: 'left', end });
        if (end === 'cancelled') this.#abort.abort(new OnejobError('RUN_CANCELLED', 'cancelled while it waited'));
      },
      onLost: () => this.lose(),
      onBroken: (fault) => void this.fault(internalError(host, claim, fault), false),
      write: (line) => this.#write(line),
      flush: async () => this.#output?.flush(),
    });
    if (this.#stopping) this.#steps.stop();
    if (this.#over) this.#steps.close();
    return this.#steps;
  }

  #conclude(settled: Settled): Promise<Concluded> {
    const { claim, job, host } = this.#options;
    return new Conclusion({
      claim,
      job,
      host,
      abort: this.#abort,
      output: this.#output,
      response: this.#response,
      deadlineInMs: this.#timer.deadlineInMs,
      isStopping: this.#stopping,
    }).conclude(settled);
  }

  /** Past the grace: the handler goes on as a zombie, fenced and counted, and the attempt ends without it. */
  #leaveBehind(): void {
    this.#isLeftBehind = true;
    this.#options.host.meter?.leftBehind(this.claim);
    this.#options.host.log.warn('the handler ignores its signal and is left behind', namesOf(this.claim));
    this.#settle({ how: 'threw', thrown: this.#abort.reason, isFinal: false });
  }

  #write(line: OutputLine): void {
    if (this.#over) return;
    this.#openOutput().add(line);
    this.#options.host.observer.onLine?.(this.claim.run, line, this.claim);
  }

  #report(progress: Progress): void {
    if (this.#over) return;
    this.#openOutput().setProgress(progress);
    this.#options.host.observer.onProgress?.(this.claim.run, progress);
  }

  #openOutput(): RunOutput {
    const { run, epoch, outputSeq: lastSeq, outputBytes: writtenBytes } = this.claim;
    const { journal, clock, limits } = this.#options.host;
    const maxBytes = limits.outputBytes;
    this.#output ??= new RunOutput({ run, epoch, lastSeq, writtenBytes, maxBytes, journal, clock });
    return this.#output;
  }
}
