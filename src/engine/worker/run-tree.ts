import { callbackFor, callbackKey, isCallbackRun } from '../../job/callbacks.ts';
import type { AnyJob } from '../../job/define.ts';
import type { Registry } from '../../job/registry.ts';
import type { Run, RunId } from '../../job/run.ts';
import { isFinal } from '../../job/state.ts';
import type { AttemptEnd } from '../../ports/attempt-end.ts';
import type { Claim } from '../../ports/store-claim.ts';
import type { Store } from '../../ports/store.ts';

/**
 * The roots that a process executes by itself (protocol/claims#own-tree). Each claim names all of them, so a root that
 * has ended must go: at once where it ends here (`leave`), else when it is read (`forgetEnded`).
 */
export class RunTree {
  /** Of each root, the number of the call of `follow` that came last. */
  readonly #roots = new Map<RunId, number>();
  #follows = 0;
  #isInterrupted = false;

  get size(): number {
    return this.#roots.size;
  }

  get roots(): readonly RunId[] {
    return [...this.#roots.keys()];
  }

  /** The number of calls of `follow`. A root with a higher number was asked for anew. */
  get follows(): number {
    return this.#follows;
  }

  follow(root: RunId): void {
    if (!this.#isInterrupted) this.#roots.set(root, ++this.#follows);
  }

  /** From now on only these runs are claimed, to be ended. Nothing else begins in this process, or is followed. */
  interrupt(runs: readonly RunId[]): void {
    this.#roots.clear();
    for (const run of runs) this.follow(run);
    this.#isInterrupted = true;
  }

  /** After an interruption: whether the claimed run is to be ended. Then its parent is ended, too. */
  takesAlong({ run, parent }: Claim): boolean {
    if (!this.#roots.delete(run)) return false;
    if (parent !== null) this.#roots.set(parent, ++this.#follows);
    return true;
  }

  /**
   * Takes out a root whose attempt ended here, unless it was followed again after the attempt began (`since`). A root
   * with a callback stays until that has ended.
   */
  leave(claim: Claim, { job, end, since }: { job: AnyJob; end: AttemptEnd; since: number }): void {
    if (endsWithCallback(claim, job, end)) return;
    this.#forget(claim.run, since);
    if (isCallbackRun(claim)) this.#forget(claim.parent ?? claim.run, since);
  }

  /**
   * Takes out the given roots that have ended, in whatever process, or that were deleted. Resolves with their number.
   */
  async forgetEnded(roots: readonly RunId[], store: Store, registry: Registry): Promise<number> {
    const since = this.#follows;
    const before = this.#roots.size;
    const found = await store.get(roots);
    const callbacks = await openCallbacks(found, store, registry);
    roots.forEach((root, i) => {
      const run = found[i] ?? null;
      if (run === null || (isFinal(run.state) && !callbacks.has(root))) this.#forget(root, since);
    });
    return before - this.#roots.size;
  }

  #forget(root: RunId, since: number): void {
    if ((this.#roots.get(root) ?? Infinity) <= since) this.#roots.delete(root);
  }
}

/** Those of the ended runs whose callback has not ended. */
async function openCallbacks(
  runs: readonly (Run | null)[],
  store: Store,
  registry: Registry,
): Promise<ReadonlySet<RunId>> {
  const calledBack = runs.flatMap((run) => {
    const callbacks = registry.find(run?.job ?? '')?.callbacks ?? null;
    return run !== null && isFinal(run.state) && callbackFor(callbacks, run.state) !== null ? run : [];
  });
  if (calledBack.length === 0) return new Set();
  const found = await store.get(calledBack.map(callbackKey));
  const open = calledBack.filter((_, i) => {
    const callback = found[i] ?? null;
    return callback !== null && !isFinal(callback.state);
  });
  return new Set(open.map(({ id }) => id));
}

/** Whether that end has a callback. */
export function endsWithCallback(claim: Claim, job: AnyJob, end: AttemptEnd): boolean {
  return !isCallbackRun(claim) && isFinal(end) && callbackFor(job.callbacks, end) !== null;
}
