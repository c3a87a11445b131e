import { storedText } from '../../intake/stored-text.ts';
import type { AnyJob } from '../../job/define.ts';
import { OnejobError } from '../../job/errors.ts';
import { readFailure, type Failure } from '../../job/failure.ts';
import { nextTryMs } from '../../job/retry.ts';
import type { FinalState } from '../../job/state.ts';
import type { Verdict } from '../../job/transition.ts';
import type { AttemptEnd } from '../../ports/attempt-end.ts';
import type { Claim } from '../../ports/store-claim.ts';
import type { Abort } from '../../std/abort.ts';
import { failpoint } from '../../std/failpoint.ts';
import type { Settled } from './attempt-ending.ts';
import { namesOf } from '../worker/claim-names.ts';
import type { ResponseNotes } from './context.ts';
import type { Host } from '../host/host.ts';
import type { RunOutput } from './run-output.ts';

export interface Concluded {
  readonly end: AttemptEnd;
  readonly failure: Failure | null;
}

export interface ConclusionOptions {
  readonly claim: Claim;
  readonly job: AnyJob;
  readonly host: Host;
  /** Why the handler was told to end, if it was. */
  readonly abort: Abort;
  /** Undefined: it wrote nothing. */
  readonly output: RunOutput | undefined;
  readonly response: ResponseNotes;
  /** The time to the deadline. A next attempt that could begin only after it is not made. */
  readonly deadlineInMs: number;
  /** The worker stops: an error because of that is no failure of the handler. */
  readonly isStopping?: boolean;
}

/** Turns the way an attempt ended into the one entry that ends it in the store, after its output. */
export class Conclusion {
  readonly #options: ConclusionOptions;

  constructor(options: ConclusionOptions) {
    this.#options = options;
  }

  conclude(settled: Settled): Promise<Concluded> {
    void failpoint('attempt.conclude');
    if (settled.how === 'left') {
      if (settled.end !== 'handedBack') return Promise.resolve(letGo(settled.end, null));
      return this.#handBack(this.#options.claim.attempt, 0, null, 'handedBack');
    }
    if (settled.how === 'threw') return this.#fail(settled.thrown, settled.isFinal);
    const { abort } = this.#options;
    if (abort.hasRefused) return this.#fail(abort.reason, false);
    let output: string | null;
    try {
      output = this.#outputOf(settled.value);
    } catch (thrown) {
      return this.#fail(thrown, false);
    }
    return this.#outcome('succeeded', output, null);
  }

  /** @throws VALUE_REJECTED, also when what was written to the response is too large */
  #outputOf(value: unknown): string | null {
    const { host, job, response } = this.#options;
    const { valueBytes } = host.limits;
    const output = storedText(value, `what ${job.name} returned`, { maxBytes: valueBytes });
    if (response.bytes <= valueBytes) return output;
    const limit = valueBytes.toLocaleString('en');
    throw new OnejobError(
      'VALUE_REJECTED',
      `the response of ${job.name} has ${response.bytes.toLocaleString('en')} bytes; the limit is ${limit}`,
    );
  }

  #fail(thrown: unknown, isFinal: boolean): Promise<Concluded> {
    const { abort, claim, job, host } = this.#options;
    const { reason } = abort;
    const reading = readFailure(reason ?? thrown);
    const { failure } = reading;
    // RUN_CANCELLED only where this run was told to: it may come of a child that somebody cancelled, which is a failure.
    const isCancelled = reason && failure.code === 'RUN_CANCELLED';
    // The signal that ended its child meant this run too, whichever worker has it now.
    const isInterrupted = (reason ?? isFinal) && failure.code === 'RUN_INTERRUPTED';
    if (isCancelled || isInterrupted) return this.#outcome('cancelled', null, failure);
    if ((reason ?? this.#options.isStopping) && failure.code === 'APP_STOPPING')
      return this.#handBack(claim.attempt, 0, null, 'handedBack');
    const { attempt } = claim;
    host.log[reading.level]('run failed', { ...namesOf(claim), code: failure.code, error: failure.message });
    const tries = attempt - claim.firstAttempt + 1;
    const delayMs = isFinal ? null : nextTryMs(job.retry, tries, reading, Math.random);
    if (delayMs === null || delayMs >= this.#options.deadlineInMs) return this.#outcome('failed', null, failure);
    return this.#handBack(reading.laterMs === undefined ? attempt + 1 : attempt, delayMs, failure, 'retried');
  }

  async #outcome(state: FinalState, output: string | null, error: Failure | null): Promise<Concluded> {
    const { claim, host, output: lines } = this.#options;
    const response = this.#options.response.bytes <= host.limits.valueBytes ? this.#options.response.stored : null;
    if (lines) await lines.flush(true);
    const { run, epoch } = claim;
    const progress = lines?.lastProgress ?? null;
    const entry = {
      kind: 'outcome',
      run,
      epoch,
      state,
      output,
      error,
      response,
      progress,
      isSilent: false,
    } as const;
    const end = endBy(await host.journal.record(entry), state);
    if (end !== 'refused') return { end, failure: error };
    const failure = { code: 'VALUE_REJECTED', message: 'the database refused the output of the run' };
    const bare = {
      ...entry,
      state: 'failed',
      output: null,
      response: null,
      progress: null,
      error: failure,
    } as const;
    return { end: (await host.journal.record(bare)) === 'ok' ? 'failed' : 'lost', failure };
  }

  async #handBack(
    attempt: number,
    delayMs: number,
    error: Failure | null,
    end: 'handedBack' | 'retried',
  ): Promise<Concluded> {
    const { journal } = this.#options.host;
    await this.#options.output?.flush();
    const { run, epoch } = this.#options.claim;
    const entry = { kind: 'handBack', run, epoch, attempt, delayMs, error } as const;
    let recorded = endBy(await journal.record(entry), end);
    if (recorded === 'refused') recorded = endBy(await journal.record({ ...entry, error: null }), end);
    return letGo(recorded === 'refused' ? 'lost' : recorded, error);
  }
}

/** The record of the run says who asked for the cancel: the request itself may never have come here. */
function letGo(end: AttemptEnd, failure: Failure | null): Concluded {
  if (end !== 'cancelled') return { end, failure };
  return { end, failure: { code: 'RUN_CANCELLED', message: 'cancelled when it was let go' } };
}

/** How an attempt ends, by the verdict on the entry that was to end it. */
function endBy<E extends AttemptEnd>(verdict: Verdict, end: E): E | 'cancelled' | 'lost' | 'refused' {
  if (verdict === 'refused' || verdict === 'cancelled') return verdict;
  return verdict === 'ok' ? end : 'lost';
}
