import { createDeferred, type Deferred } from '../../std/deferred.ts';

/**
 * What an attempt is doing: executing steps and writing to the journal, or only waiting. An attempt with nothing in
 * flight but waits gives up its slot at once and may park (protocol/replay#suspension).
 */
export class WaitTracker {
  readonly #waits = new Set<OpenWait>();
  readonly #idle: () => void;
  #next: Deferred<void> | undefined;
  #working = 0;
  #frozen = 0;

  /** `idle` is called when nothing is in execution, and something waits or is left without an answer. */
  constructor(idle: () => void) {
    this.#idle = idle;
  }

  /** Steps in execution and entries on their way. */
  get working(): number {
    return this.#working;
  }

  /** Steps that a stopping attempt does not begin. */
  get frozen(): number {
    return this.#frozen;
  }

  get onlyWaits(): boolean {
    return this.#working === 0 && this.#waits.size > 0;
  }

  /**
   * A step waits for its next try. The end of the attempt waits for it; it does not wait for a sleep that lost a race.
   */
  get owesTries(): boolean {
    return [...this.#waits].some(({ owesTry }) => owesTry);
  }

  get waitingFor(): string[] {
    return [...this.#waits].map(({ what }) => what);
  }

  /** The earliest instant (monotonic ms) at which a wait ends by itself. Null: all wait for mailbox items. */
  get wakeAt(): number | null {
    const instants = [...this.#waits].flatMap(({ until }) => (until === null ? [] : [until]));
    return instants.length === 0 ? null : Math.min(...instants);
  }

  /** Resolves at the next change. */
  changed(): Promise<void> {
    this.#next ??= createDeferred<void>();
    return this.#next.promise;
  }

  /** Something is in execution from here to `end`. */
  begin(): void {
    this.#working++;
  }

  end(): void {
    this.#working--;
    this.#onChange();
  }

  async work<T>(work: () => Promise<T>): Promise<T> {
    this.begin();
    try {
      return await work();
    } finally {
      this.end();
    }
  }

  /** A pause inside of `work` that does not count as work. */
  async rest(pause: () => Promise<void>): Promise<void> {
    this.#working--;
    this.#onChange();
    try {
      await pause();
    } finally {
      this.#working++;
    }
  }

  open(wait: OpenWait): () => void {
    this.#waits.add(wait);
    this.#onChange();
    return () => {
      if (this.#waits.delete(wait)) this.#onChange();
    };
  }

  freeze(): void {
    this.#frozen++;
    this.#onChange();
  }

  #onChange(): void {
    this.#next?.resolve();
    this.#next = undefined;
    if (this.#working === 0 && (this.#waits.size > 0 || this.#frozen > 0)) this.#idle();
  }
}

export interface OpenWait {
  /** What is waited for, in words for people. */
  readonly what: string;
  /** When the wait ends by itself, in monotonic ms; null: never. */
  readonly until: number | null;
  /** The wait is between two tries of a step. */
  readonly owesTry: boolean;
}
