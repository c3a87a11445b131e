import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDefined } from '../job/define.ts';
import type { Registry } from '../job/registry.ts';
import type { NewRun, Submitted } from '../ports/store-submit.ts';
import type { Store } from '../ports/store.ts';
import { checkedCall } from './call-limits.ts';
import { conflictOf, refuseConflicts } from './key-conflict.ts';
import { newRun, type RequestedJob } from './new-run.ts';
import type { Headers, RunRequest } from './run-request.ts';
import type { Signals } from './signals.ts';

export interface IntakeOptions {
  /** Where jobs are known, an unknown name is refused; null: any name goes. */
  readonly registry: () => Promise<Registry | null>;
  /** Of an input. */
  readonly maxBytes: () => number;
  /** Headers that are never stored, besides those that never are. */
  readonly redact: () => readonly string[];
  /** Adds the span that asks. */
  readonly withTrace: (headers: Headers | undefined) => Headers | undefined | Promise<Headers | undefined>;
  readonly backend: () => Promise<IntakeBackend>;
}

export interface IntakeBackend {
  readonly store: Pick<Store, 'get' | 'submit'>;
  readonly outbox: { submit(runs: readonly NewRun[]): Promise<readonly Submitted[]> };
  readonly signals: Pick<Signals, 'submitted' | 'work'>;
}

/**
 * The one way from a request to a run in the store: find the job, check the request, give it its key, submit it, and
 * tell the workers.
 */
export class Intake {
  readonly #options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /**
   * Checks requests and makes their runs, in their order. Nothing is written.
   *
   * @throws as `newRun`, KEY_CONFLICT
   */
  async check(requests: readonly RunRequest[]): Promise<NewRun[]> {
    const runs = await this.#runsOf(requests);
    await refuseConflicts(runs, async (keys) => (await this.#options.backend()).store.get(keys));
    return runs;
  }

  /**
   * Leaves runs to whichever worker is free. All that are new are created in one commit, or none; with `tx`, a
   * transaction of the caller's, they exist when it commits. @throws as `check`, STORE_UNAVAILABLE
   */
  async submit(requests: readonly RunRequest[], { tx }: { readonly tx?: unknown } = {}): Promise<readonly Submitted[]> {
    const runs = await this.check(requests);
    const { store, outbox, signals } = await this.#options.backend();
    const answers = tx === undefined ? await outbox.submit(runs) : await store.submit(checkedCall(runs), { tx });
    if (tx === undefined) signals.submitted(answers);
    else signals.work();
    const conflict = conflictOf(runs, answers);
    if (conflict) throw conflict;
    return answers;
  }

  /** In portions: a large call does not hold up the process, nor the store, which works on others meanwhile. */
  async #runsOf(requests: readonly RunRequest[]): Promise<NewRun[]> {
    const registry = requests.some(({ job }) => typeof job === 'string') ? await this.#options.registry() : null;
    const [only] = requests;
    if (only && requests.length === 1) return [await this.#runOf(only, registry)];
    const runs: NewRun[] = [];
    for (let at = 0; at < requests.length; at += portion) {
      if (at > 0) await nextTurn();
      const made = requests.slice(at, at + portion).map((request) => this.#runOf(request, registry));
      runs.push(...(await Promise.all(made)));
    }
    return runs;
  }

  async #runOf(request: RunRequest, registry: Registry | null): Promise<NewRun> {
    const { maxBytes, redact, withTrace } = this.#options;
    const job = resolve(request.job, registry);
    const traced = withTrace(request.headers);
    const headers = traced instanceof Promise ? await traced : traced;
    const whole = headers === request.headers ? request : { ...request, headers };
    return newRun(job, whole, maxBytes(), redact());
  }
}

/** @throws JOB_UNKNOWN */
function resolve(job: RunRequest['job'], registry: Registry | null): RequestedJob {
  if (typeof job !== 'string') return isDefined(job) ? job : { name: job.name };
  return registry === null ? { name: job } : registry.get(job);
}

/** So many runs are made without a pause: it takes some milliseconds. */
const portion = 500;
