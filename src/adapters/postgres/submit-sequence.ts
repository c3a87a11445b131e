import { randomBytes } from 'node:crypto';
import type { NewRun } from '../../ports/store-submit.ts';

/** What `create_in_turn_v1` is told of a group's place among those of this process. */
export interface SequencePlace {
  readonly sequence: number;
  readonly place: number;
  /** An instant of the server's clock that is over. Grows from turn to turn. */
  readonly latest: number;
}

/** Numbers the groups of one process that the server may work on side by side. */
export class SubmitSequence {
  /** Of this process, on a server that all share; a second one of the same number would only wait for this one. */
  readonly #id = randomBytes(4).readInt32BE();
  #place = 0;
  #latest = 0;
  #store: { readonly now: number; readonly at: number } | undefined;

  /** The server has answered that it was `now`. */
  note(now: number): void {
    this.#store = { now, at: performance.now() };
  }

  /** Before the first answer nothing is known of the server's clock, and there is no turn. */
  get isKnown(): boolean {
    return this.#store !== undefined;
  }

  /** The clock of the server has gone on since it told the time, at least by what has passed here since it was heard. */
  next(): SequencePlace {
    const { now, at } = this.#store ?? { now: 0, at: 0 };
    this.#latest = Math.max(this.#latest, Math.floor(now + performance.now() - at));
    this.#place = (this.#place + 1) % 2 ** 31;
    return { sequence: this.#id, place: this.#place, latest: this.#latest };
  }
}

/** Of others it may have to wait, for a key or the row of a worker, and who comes after it waits for it: a circle. */
export function waitsForNobody({ key, holder }: NewRun): boolean {
  return key === null && holder === null;
}
