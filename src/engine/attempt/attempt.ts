import { isCallbackRun } from '../../job/callbacks.ts';
import type { AnyJob } from '../../job/define.ts';
import { parseInput } from '../../job/input.ts';
import type { StepRecord } from '../../job/run.ts';
import type { Step } from '../../job/step.ts';
import type { AttemptEnd } from '../../ports/attempt-end.ts';
import type { Claim } from '../../ports/store-claim.ts';
import type { Inbox, MailboxPosition } from '../../ports/store-message.ts';
import { Abort } from '../../std/abort.ts';
import { AttemptEnding, type Settled } from './attempt-ending.ts';
import { AttemptOutput } from './attempt-output.ts';
import { reportBegin, reportEnd } from './attempt-report.ts';
import { concludePlainly } from './breakdown.ts';
import { cancellation } from './cancellation.ts';
import { hookRun, namesOf } from '../worker/claim-names.ts';
import { Conclusion, type Concluded } from './conclusion.ts';
import { currentSink } from './console-capture.ts';
import { ResponseNotes } from './context.ts';
import type { Execution } from './execution.ts';
import { Mailbox } from '../steps/mailbox.ts';
import { readPast } from '../journal/read-past.ts';
import { RunTimer } from './run-timer.ts';
import type { Runner } from './runner.ts';
import { runningRun, type RunningRun } from './running-run.ts';
import { createStep } from '../steps/step-kinds.ts';
import { StepRuntime } from '../steps/step-runtime.ts';

export interface AttemptOptions extends Pick<Execution, 'claim' | 'job' | 'host' | 'slot' | 'storeClockOffsetMs'> {
  /** Executes the code of the job. */
  readonly runner: Runner;
}

/**
 * One execution of a job, from its claim to what is recorded of it (protocol/replay#the-end-of-an-attempt). Read `run` aloud: it is the life of an
 * attempt.
 */
export class Attempt {
  readonly claim: Claim;
  readonly job: AnyJob;
  readonly startedAt: number; // by the monotonic clock
  readonly #execution: Execution;
  readonly #runner: Runner;
  #steps: StepRuntime | undefined;
  #step: Step | undefined;
  #isLeftBehind = false;

  constructor({ claim, job, host, slot, storeClockOffsetMs, runner }: AttemptOptions) {
    const abort = new Abort();
    this.claim = claim;
    this.job = job;
    this.startedAt = host.clock.monotonic();
    this.#runner = runner;
    this.#execution = {
      claim,
      job,
      host,
      slot,
      storeClockOffsetMs,
      abort,
      ending: new AttemptEnding(claim, host, abort),
      timer: new RunTimer({
        // A run that was asked for before its job had a time-out has the job's of today.
        claim: { deadlineAt: claim.deadlineAt, timeoutMs: claim.timeoutMs ?? job.timeoutMs },
        storeClockOffsetMs,
        graceMs: job.graceMs,
        clock: host.clock,
        abort: (reason) => this.abort(reason),
        leave: () => this.#terminate(),
      }),
      mailbox: new Mailbox(),
      output: new AttemptOutput(claim, host),
      response: new ResponseNotes(),
      step: () => this.#openSteps(),
      span: undefined,
      input: undefined,
      services: undefined,
      records: noRecords,
      sink: undefined,
    };
  }

  /** Never rejects: an error on this way is our own, and ends the attempt as INTERNAL (docs/decisions/0052). */
  async run(): Promise<AttemptEnd> {
    const execution = this.#execution;
    let concluded: Concluded;
    try {
      this.#begin();
      const settled = await new Promise<Settled>((settle) => {
        const { ending, span } = execution;
        ending.open(settle);
        void (span ? span.within(() => this.#handle()) : this.#handle());
      });
      this.#close();
      const parking = settled.how === 'left' ? undefined : this.#steps?.suspension;
      const left = parking?.isParking ? await parking.left() : undefined;
      concluded = await this.#conclude(left ? { how: 'left', end: left } : settled);
    } catch (fault) {
      this.#close();
      const { claim, job, host, timer } = execution;
      concluded = await concludePlainly({ claim, job, host, deadlineInMs: timer.deadlineInMs }, fault);
    }
    const ended = { claim: this.claim, graceMs: this.job.graceMs, span: execution.span, startedAt: this.startedAt };
    const reported = reportEnd(execution.host, ended, concluded);
    if (reported) await reported;
    return concluded.end;
  }

  /** Cancel, time-out, interruption: the code is told by its signal; past its grace it is ended or left behind. */
  abort(reason: Error): void {
    const { abort, ending, timer } = this.#execution;
    if (abort.aborted || ending.isOver) return;
    abort.abort(reason);
    timer.startGrace();
  }

  /** Nothing of it is in execution: only sleeps, events, children or next tries are open. */
  get onlyWaits(): boolean {
    return this.#steps?.waitTracker.onlyWaits ?? false;
  }

  /** Another worker has the run: tells the handler, writes nothing more. */
  markLost(): void {
    this.#execution.ending.markLost();
  }

  /** The worker stops: steps that run are finished and recorded, new ones do not start, then the run is handed back. */
  stop(): void {
    this.#execution.ending.isStopping = true;
    this.#steps?.suspension.stop();
  }

  get view(): RunningRun {
    const ageMs = this.#execution.host.clock.monotonic() - this.startedAt;
    return runningRun(this.claim, ageMs, this.onlyWaits, this.#steps?.calls.open ?? []);
  }

  /** Whether the code that executes now, also in a callback, is this handler's. */
  get isCurrent(): boolean {
    const { sink } = this.#execution;
    return sink !== undefined && sink === currentSink();
  }

  /**
   * Its code threw where nobody could catch it, so what it waits for may never come: the run fails at once and for
   * good. False: it has ended already.
   */
  fault(error: Error): boolean {
    return this.#execution.ending.fail(error, true);
  }

  /** How far its mailbox was read; null: it lets go of the run, or has, so what the store says of it may be older. */
  get mailbox(): MailboxPosition | null {
    const { ending, mailbox } = this.#execution;
    if (ending.isOver || this.#steps?.suspension.isParking) return null;
    return { run: this.claim.run, epoch: this.claim.epoch, seen: mailbox.seen };
  }

  get hasChildren(): boolean {
    return this.#steps?.hasChildren ?? false;
  }

  deliver({ seen, items }: Pick<Inbox, 'seen' | 'items'>): void {
    for (const item of items) if (item.kind === 'cancel') this.abort(cancellation(item));
    this.#execution.mailbox.deliver(seen, items);
  }

  #close(): void {
    const { ending, timer, output } = this.#execution;
    ending.close();
    timer.stop();
    output.close();
    this.#steps?.close();
  }

  #begin(): void {
    const { claim, host, timer } = this.#execution;
    this.#execution.span = host.tracer?.begin(claim);
    reportBegin(host, claim);
    timer.start(); // nobody has asked for its cancel: then the run would have ended where it was let go
  }

  /** Input, services, hook, the job's code, and every step that it began. */
  async #handle(): Promise<void> {
    const { ending, host } = this.#execution;
    try {
      const value = await this.#execute();
      const busy = this.#steps?.quiet('all tries');
      if (busy) await busy;
      ending.settle({ how: 'returned', value });
    } catch (thrown) {
      await this.#steps?.quiet('this try');
      // A recorded failure would be thrown again by each replay (protocol/replay#failed-steps).
      const isFinal = this.#steps?.results.isRecordedFailure(thrown) ?? false;
      ending.settle({ how: 'threw', thrown, isFinal });
    }
    if (this.#isLeftBehind) host.meter?.settledLate(this.claim);
  }

  /** Calls the runner at once where nothing has to be waited for: each promise counts in a run that does little. */
  #execute(): unknown {
    const execution = this.#execution;
    const { claim, job, host } = execution;
    const services = host.services.opened(job.services);
    const mustWait = !services || job.input || host.hooks.beforeRun || claim.steps + claim.mailboxSeq > 0;
    if (mustWait) return this.#prepareAndExecute();
    execution.input = givenInput(claim);
    execution.services = services;
    return this.#run();
  }

  async #prepareAndExecute(): Promise<unknown> {
    const execution = this.#execution;
    const { claim, job, host } = execution;
    const given = givenInput(claim);
    execution.input = isCallbackRun(claim) || !job.input ? given : await parseInput(job, given);
    execution.services = await host.services.open(job.services);
    if (host.hooks.beforeRun) await host.hooks.beforeRun(hookRun(claim));
    if (claim.steps + claim.mailboxSeq > 0) execution.records = await readPast(execution);
    return this.#run();
  }

  #run(): unknown {
    this.#execution.abort.check();
    return this.#runner.run(this.#execution);
  }

  #openSteps(): Step {
    if (this.#step) return this.#step;
    const { ending } = this.#execution;
    const steps = (this.#steps = new StepRuntime(this.#execution));
    if (ending.isStopping) steps.suspension.stop();
    if (ending.isOver) steps.close();
    return (this.#step = createStep(steps));
  }

  #conclude(settled: Settled): Promise<Concluded> {
    const { claim, job, host, abort, output, response, timer, ending } = this.#execution;
    return new Conclusion({
      claim,
      job,
      host,
      abort,
      output: output.opened,
      response,
      deadlineInMs: timer.deadlineInMs,
      isStopping: ending.isStopping,
    }).conclude(settled);
  }

  /** Past the grace. What cannot be ended goes on as a zombie, fenced and counted, and the attempt ends without it. */
  #terminate(): void {
    if (this.#runner.terminate(this.#execution)) return;
    const { host, abort, ending } = this.#execution;
    this.#isLeftBehind = true;
    host.meter?.zombieHandler(this.claim);
    host.log.warn('the handler ignores its signal and is left behind', namesOf(this.claim));
    ending.settle({ how: 'threw', thrown: abort.reason, isFinal: false });
  }
}

const noRecords: readonly StepRecord[] = [];

function givenInput({ input }: Claim): unknown {
  return input === null ? undefined : JSON.parse(input);
}
