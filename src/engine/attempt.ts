import { isCallbackRun } from '../job/callbacks.ts';
import type { AnyJob } from '../job/define.ts';
import { OnejobError } from '../job/errors.ts';
import { readFailure, type Failure } from '../job/failure.ts';
import { parseInput } from '../job/input.ts';
import type { OutputLine } from '../job/output-line.ts';
import type { Progress, StepRecord } from '../job/run.ts';
import type { AttemptEnd } from '../ports/attempt-end.ts';
import type { Letter } from '../ports/store-ask.ts';
import type { Claim } from '../ports/store-claim.ts';
import type { AttemptSpan } from '../ports/tracer.ts';
import { Abort } from '../std/abort.ts';
import { createDeferred } from '../std/deferred.ts';
import { AttemptSteps, insist } from './attempt-steps.ts';
import { runCallback } from './callback.ts';
import { hookRun, namesOf } from './claim-names.ts';
import { Conclusion, type Concluded, type Settled } from './conclusion.ts';
import { currentSink, withConsole, type ConsoleSink } from './console-capture.ts';
import { createContext, ResponseNotes } from './context.ts';
import type { Host, Slot } from './host.ts';
import { RunOutput } from './run-output.ts';
import { RunTimer } from './run-timer.ts';
import { runningRun, type RunningRun } from './running-run.ts';

export interface AttemptOptions {
  readonly claim: Claim;
  readonly job: AnyJob;
  readonly host: Host;
  readonly slot: Slot;
  /** The store's clock minus ours. */
  readonly skewMs: number;
}

/**
 * One execution of a handler, from its claim to what is recorded of it (STORE §4). Read `run` aloud: it is the life of
 * an attempt.
 */
export class Attempt {
  readonly claim: Claim;
  readonly job: AnyJob;
  readonly #options: AttemptOptions;
  readonly #abort = new Abort();
  readonly #settled = createDeferred<Settled>();
  readonly #response = new ResponseNotes();
  readonly #timer: RunTimer;
  readonly #startedAt: number;
  #output: RunOutput | undefined;
  #steps: AttemptSteps | undefined;
  #records: readonly StepRecord[] = [];
  #mail: number;
  #letters: readonly Letter[];
  #stopping = false;
  #isLeftBehind = false;
  #over = false;
  #sink: ConsoleSink | undefined;
  #span: AttemptSpan | undefined;

  constructor(options: AttemptOptions) {
    const { claim, job, host, skewMs } = options;
    this.#options = options;
    this.claim = claim;
    this.job = job;
    this.#mail = claim.mail;
    this.#letters = claim.letters;
    this.#startedAt = host.clock.monotonic();
    this.#timer = new RunTimer({
      // A run that was asked for before its job had a time-out has the job's of today.
      claim: { deadlineAt: claim.deadlineAt, timeoutMs: claim.timeoutMs ?? job.timeoutMs },
      skewMs,
      graceMs: job.graceMs,
      clock: host.clock,
      abort: (reason) => this.abort(reason),
      leave: () => this.#leaveBehind(),
    });
  }

  async run(): Promise<AttemptEnd> {
    this.#begin();
    const handled = this.#span ? this.#span.within(() => this.#handle()) : this.#handle();
    void handled.then((settled) => {
      this.#settled.resolve(settled);
      if (this.#isLeftBehind) this.#options.host.meter?.settledLate(this.claim);
    });
    const settled = await this.#settled.promise;
    this.#over = true;
    this.#timer.stop();
    this.#steps?.close();
    const { end, failure } = await this.#conclude(settled);
    this.#span?.end(end, failure);
    await this.#end(end, failure);
    return end;
  }

  /** Cancel, time-out, interruption: the handler is told by its signal; past its grace it is left behind. */
  abort(reason: Error): void {
    if (this.#abort.aborted || this.#over) return;
    this.#abort.abort(reason);
    this.#timer.startGrace();
  }

  /** A signal to the process: what executes is aborted, what only waits is parked and goes on another time. */
  interrupt(reason: Error): void {
    if (this.#steps?.onlyWaits) this.stop();
    else this.abort(reason);
  }

  /** Another worker has the run: tells the handler, writes nothing more. */
  lose(): void {
    if (this.#over) return;
    this.#settled.resolve({ how: 'left', end: 'lost' });
    this.#abort.abort(new OnejobError('APP_STOPPING', 'this worker lost the run; another goes on with it'));
  }

  /** The worker stops: steps that run are finished and recorded, new ones do not start, then the run is handed back. */
  stop(): void {
    this.#stopping = true;
    this.#steps?.stop();
  }

  get view(): RunningRun {
    const ageMs = this.#options.host.clock.monotonic() - this.#startedAt;
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
  fault(error: Error): boolean {
    if (this.#over) return false;
    this.#settled.resolve({ how: 'threw', thrown: error, isFinal: true });
    this.#abort.abort(error);
    return true;
  }

  deliver(mail: number, letters: readonly Letter[]): void {
    const cancel = letters.find(({ kind }) => kind === 'cancel');
    if (cancel) this.abort(cancelled(cancel));
    if (this.#steps) return this.#steps.deliver(mail, letters);
    this.#letters = [...this.#letters, ...letters.filter(({ n }) => n > this.#mail)];
    this.#mail = Math.max(this.#mail, mail);
  }

  #begin(): void {
    const { claim } = this;
    const { observer, log, meter, tracer } = this.#options.host;
    meter?.began(claim);
    this.#span = tracer?.begin(claim);
    observer.onStart?.(claim);
    if (log.isOn?.('info') !== false) {
      log.info('run started', { ...namesOf(this.claim), args: claim.args.length > 0 ? claim.args : undefined });
    }
    const cancel = claim.letters.find(({ kind }) => kind === 'cancel');
    this.#timer.start();
    if (cancel) this.abort(cancelled(cancel));
  }

  /** Input, services, hook, handler, and every step that it began. */
  async #handle(): Promise<Settled> {
    try {
      const value = await this.#execute();
      await this.#steps?.quiet('all tries');
      return { how: 'returned', value };
    } catch (thrown) {
      await this.#steps?.quiet('this try');
      // A recorded failure would be thrown again by each replay (STORE §4).
      return { how: 'threw', thrown, isFinal: this.#steps?.isRecordedFailure(thrown) ?? false };
    }
  }

  async #execute(): Promise<unknown> {
    const { claim, job } = this;
    const { host } = this.#options;
    const callback = isCallbackRun(claim);
    const given: unknown = claim.input === null ? undefined : JSON.parse(claim.input);
    const input = callback || !job.input ? given : await parseInput(job, given);
    const services = await host.services.open(job.services);
    if (host.hooks.beforeRun) await host.hooks.beforeRun(hookRun(claim));
    if (claim.steps > 0)
      this.#records = (await insist(host, this.#abort, () => host.store.steps([claim.run])))[0] ?? [];
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
    return withConsole(this.#sink, () => (callback ? runCallback(job, claim, host.store, context) : job.run(context)));
  }

  #openSteps(): AttemptSteps {
    if (this.#steps) return this.#steps;
    const { claim, job, host, slot, skewMs } = this.#options;
    // Named one by one: a spread made this the costliest line of a short run.
    this.#steps = new AttemptSteps({
      claim,
      job,
      host,
      slot,
      skewMs,
      timer: this.#timer,
      abort: this.#abort,
      span: this.#span,
      records: this.#records,
      mail: this.#mail,
      letters: this.#letters,
      isOver: () => this.#over,
      onLeft: (end) => this.#settled.resolve({ how: 'left', end }),
      onLost: () => this.lose(),
      write: (line) => this.#write(line),
      flush: async () => this.#output?.flush(),
    });
    if (this.#stopping) this.#steps.stop();
    if (this.#over) this.#steps.close();
    return this.#steps;
  }

  #conclude(settled: Settled): Promise<Concluded> {
    const { host } = this.#options;
    const conclusion = new Conclusion({
      claim: this.claim,
      job: this.job,
      host,
      aborted: this.#abort.reason,
      output: this.#output,
      response: this.#response,
      deadlineInMs: this.#timer.deadlineInMs,
    });
    return conclusion.conclude(settled);
  }

  /** `afterRun` is called in any case, and cannot change what is stored. */
  async #end(end: AttemptEnd, error: Failure | null): Promise<void> {
    const { claim } = this;
    const { clock, log, observer, hooks, meter } = this.#options.host;
    const ms = clock.monotonic() - this.#startedAt;
    meter?.ended(claim, end, ms);
    if (log.isOn?.('info') !== false) {
      log.info('run ended', { ...namesOf(this.claim), outcome: end, durationMs: Math.round(ms) });
    }
    if (hooks.afterRun && end !== 'parked' && end !== 'handedBack' && end !== 'lost') {
      try {
        await hooks.afterRun(hookRun(claim), { state: end, error });
      } catch (thrown) {
        log.error('the hook afterRun failed', { ...namesOf(this.claim), error: readFailure(thrown).failure.message });
      }
    }
    observer.onEnd?.(claim, end);
  }

  /** Past the grace: the handler goes on as a zombie, fenced and counted, and the attempt ends without it. */
  #leaveBehind(): void {
    this.#isLeftBehind = true;
    this.#options.host.meter?.leftBehind(this.claim);
    this.#options.host.log.warn('the handler ignores its signal and is left behind', namesOf(this.claim));
    this.#settled.resolve({ how: 'threw', thrown: this.#abort.reason, isFinal: false });
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
    const { run, epoch, outputSeq: lastSeq } = this.claim;
    const { journal, clock, limits } = this.#options.host;
    this.#output ??= new RunOutput({ run, epoch, lastSeq, maxBytes: limits.outputBytes, journal, clock });
    return this.#output;
  }
}

function cancelled({ actor, reason }: Letter): OnejobError {
  const by = actor ? ` by ${actor}` : '';
  return new OnejobError('RUN_CANCELLED', `cancelled${by}${reason ? `: ${reason}` : ''}`);
}
