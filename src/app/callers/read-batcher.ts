import type { Run, RunId } from '../../job/run.ts';

/**
 * Reads runs one by one for whoever asks, and together from the store: runs that ended in one commit are asked for in
 * one turn of the event loop, and a read for each would cost more than all else of a short run.
 */
export class ReadBatcher {
  readonly #read: (ids: readonly RunId[]) => Promise<readonly (Run | null)[]>;
  #waiting: Waiting[] = [];

  constructor(read: (ids: readonly RunId[]) => Promise<readonly (Run | null)[]>) {
    this.#read = read;
  }

  /** The run, with everything that was committed before this call. */
  get(id: RunId): Promise<Run | null> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ id, resolve, reject }) === 1) setImmediate(() => this.#send());
    });
  }

  #send(): void {
    const all = this.#waiting;
    this.#waiting = [];
    for (let at = 0; at < all.length; at += max) void this.#answer(all.slice(at, at + max));
  }

  async #answer(group: readonly Waiting[]): Promise<void> {
    try {
      const runs = await this.#read(group.map(({ id }) => id));
      group.forEach(({ resolve }, i) => resolve(runs[i] ?? null));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}

interface Waiting {
  readonly id: RunId;
  readonly resolve: (run: Run | null) => void;
  readonly reject: (error: unknown) => void;
}

/** Their outputs travel in one message. */
const max = 50;
