import type { WaitTracker } from './wait-tracker.ts';
import type { Execution } from '../attempt/execution.ts';
import type { Suspension } from './suspension.ts';

/** How a wait ended. */
export type Woken<T> = { readonly by: 'timer' } | { readonly by: 'item'; readonly item: T };

/** What the steps of one execution wait for: time, events, ends of children. */
export class StepWaits {
  readonly #execution: Execution;
  readonly #waitTracker: WaitTracker;
  readonly #suspension: Suspension;
  /** Undefined until somebody waits: most attempts never do. */
  #closers: Set<() => void> | undefined;

  constructor(execution: Execution, waitTracker: WaitTracker, suspension: Suspension) {
    this.#execution = execution;
    this.#waitTracker = waitTracker;
    this.#suspension = suspension;
  }

  /**
   * Waits `ms` (null: without end), or until `subscribe` hands over an item. Rejects when the attempt is aborted. When
   * it resolves, the attempt has its slot again, and no suspension is on its way.
   */
  async wait<T>(
    what: string,
    ms: number | null,
    subscribe?: 'next try' | ((take: (item: T) => void) => () => void),
  ): Promise<Woken<T>> {
    const { clock } = this.#execution.host;
    const { signal } = this.#execution.abort;
    const until = ms === null ? null : clock.monotonic() + ms;
    const close = this.#waitTracker.open({ what, until, owesTry: subscribe === 'next try' });
    try {
      const woken = await new Promise<Woken<T>>((resolve, reject) => {
        const cleanUps: (() => void)[] = [];
        const drop = (): void => {
          for (const cleanUp of cleanUps.splice(0)) cleanUp();
        };
        const end = (settle: () => void): void => {
          drop();
          settle();
        };
        this.#closers ??= new Set();
        this.#closers.add(drop);
        cleanUps.push(() => this.#closers?.delete(drop));
        const abort = (): void => end(() => reject(signal.reason as Error));
        if (signal.aborted) return abort();
        signal.addEventListener('abort', abort, { once: true });
        cleanUps.push(() => signal.removeEventListener('abort', abort));
        if (ms !== null) {
          const timer = clock.setTimer(ms, () => end(() => resolve({ by: 'timer' })));
          cleanUps.push(() => timer.cancel());
        }
        // Last, because a mailbox item at hand ends the wait before `subscribe` returns.
        if (typeof subscribe === 'function')
          cleanUps.push(subscribe((item) => end(() => resolve({ by: 'item', item }))));
      });
      await this.#suspension.resumed();
      return woken;
    } finally {
      close();
    }
  }

  /**
   * The attempt is over: open waits end without a word, and nothing more is recorded. A handler that was left behind may
   * go on to its next new step, which never begins (`StepGate.pass`): an error would be one more thing that it could catch.
   */
  close(): void {
    for (const close of this.#closers ?? []) close();
    this.#closers = undefined;
  }
}
