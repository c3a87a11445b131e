import { readFailure } from '../../job/failure.ts';
import type { RunId } from '../../job/run.ts';
import type { Claim } from '../../ports/store-claim.ts';
import type { Attempt } from '../attempt/attempt.ts';
import { currentSink } from '../attempt/console-capture.ts';
import { interruptAll } from './interrupt-all.ts';
import type { RunTree } from './run-tree.ts';
import type { RunningRun } from '../attempt/running-run.ts';

export interface CurrentRun {
  readonly id: RunId;
  readonly job: string;
  readonly traceId: string;
}

/** The attempts that a worker executes now: who wants to see them, or to end them from outside, asks here. */
export class RunningAttempts {
  readonly #byRun = new Map<RunId, Attempt>();
  readonly #tree: RunTree | null;
  #interruption: Error | undefined;

  /** `tree` is that of a process that runs work by itself. */
  constructor(tree: RunTree | null) {
    this.#tree = tree;
  }

  add(attempt: Attempt): void {
    this.#byRun.set(attempt.claim.run, attempt);
    if (this.#interruption) attempt.abort(this.#interruption); // it has no step yet, so it does not only wait
  }

  remove(attempt: Attempt): void {
    const { run } = attempt.claim;
    if (this.#byRun.get(run) === attempt) this.#byRun.delete(run);
  }

  get(run: RunId): Attempt | undefined {
    return this.#byRun.get(run);
  }

  get load(): number {
    return this.#byRun.size;
  }

  get all(): readonly Attempt[] {
    return [...this.#byRun.values()];
  }

  get views(): readonly RunningRun[] {
    return this.all.map((attempt) => attempt.view);
  }

  /** The run, or one below it, is in execution here; `root`: one that has no parent. */
  executes(root: RunId): boolean {
    return this.all.some(({ claim }) => claim.root === root || claim.run === root);
  }

  /** The run whose code executes now, also in a callback; null outside of runs in execution here. */
  get current(): CurrentRun | null {
    const claim = this.all.find((attempt) => attempt.isCurrent)?.claim;
    return claim ? { id: claim.run, job: claim.job, traceId: claim.traceId } : null;
  }

  /**
   * For who listens to `uncaughtException` and `unhandledRejection`, called inside of the listener: fails for good the
   * run whose code threw, or all in execution where that is not known. `late`: it is the fault of a run that has ended
   * already; `nobody`: no run is in execution.
   */
  fault(thrown: unknown): 'failed' | 'late' | 'nobody' {
    const error = thrown instanceof Error ? thrown : new Error(readFailure(thrown).failure.message);
    const guilty = this.all.filter((attempt) => attempt.isCurrent);
    if (guilty.length === 0 && currentSink() !== undefined) return 'late';
    const failed = (guilty.length > 0 ? guilty : this.all).filter((attempt) => attempt.fault(error));
    if (failed.length > 0) return 'failed';
    return guilty.length > 0 ? 'late' : 'nobody';
  }

  /**
   * A signal to the process: what executes is aborted, what only waits is parked. In a process that runs work by itself
   * nothing else begins any more.
   */
  interrupt(reason: Error): void {
    const parents = interruptAll(this.#byRun, reason);
    if (!this.#tree) return;
    this.#interruption = reason;
    this.#tree.interrupt(parents);
  }

  /** Whether a claimed run may begin: after an interruption only those that end by it. */
  mayBegin(claim: Claim): boolean {
    return !this.#interruption || (this.#tree?.takesAlong(claim) ?? false);
  }
}
