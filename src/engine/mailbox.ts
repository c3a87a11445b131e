import type { Letter } from '../ports/store-ask.ts';
import { createDeferred, type Deferred } from '../std/deferred.ts';

/** The letters to one run that nobody has consumed, and those who wait for one: first come, first served, per name. */
export class Mailbox {
  #seen: number;
  readonly #letters: Letter[];
  readonly #waiting: {
    readonly kind: Letter['kind'];
    readonly name: string;
    readonly take: (letter: Letter) => void;
  }[] = [];

  /** The number that somebody waits for, and how he is told. */
  #awaited: { readonly n: number; readonly arrived: Deferred<void> } | undefined;

  constructor(mail = 0, letters: readonly Letter[] = []) {
    this.#seen = mail;
    this.#letters = letters.filter(({ kind }) => kind !== 'cancel');
  }

  /** Number of the last letter that was delivered here; a suspension carries it. */
  get seen(): number {
    return this.#seen;
  }

  /** Adds what is new. All letters up to `mail` are among them, or were delivered or consumed before. */
  deliver(mail: number, letters: readonly Letter[]): void {
    const fresh = letters.filter(({ n }) => n > this.#seen);
    this.#seen = Math.max(this.#seen, mail);
    for (const letter of fresh) {
      if (letter.kind === 'cancel') continue;
      const at = this.#waiting.findIndex(({ kind, name }) => kind === letter.kind && name === letter.name);
      const [waiter] = at === -1 ? [] : this.#waiting.splice(at, 1);
      if (waiter) waiter.take(letter);
      else this.#letters.push(letter);
    }
    if (this.#awaited && this.#seen >= this.#awaited.n) this.#awaited.arrived.resolve();
  }

  /** Resolves when all letters up to that number are here; rejects with the signal's reason where that comes first. */
  async upTo(n: number, signal: AbortSignal): Promise<void> {
    if (this.#seen >= n) return;
    const arrived = createDeferred<void>();
    this.#awaited = { n, arrived };
    const onAbort = (): void => arrived.reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    await arrived.promise.finally(() => signal.removeEventListener('abort', onAbort));
  }

  has(kind: Letter['kind'], name: string): boolean {
    return this.#letters.some((letter) => letter.kind === kind && letter.name === name);
  }

  /** Takes the oldest letter of that name, now or when it comes. Returns the way to give up. */
  take(kind: Letter['kind'], name: string, take: (letter: Letter) => void): () => void {
    const at = this.#letters.findIndex((letter) => letter.kind === kind && letter.name === name);
    const [letter] = at === -1 ? [] : this.#letters.splice(at, 1);
    if (letter) {
      take(letter);
      return () => undefined;
    }
    const waiter = { kind, name, take };
    this.#waiting.push(waiter);
    return () => {
      const index = this.#waiting.indexOf(waiter);
      if (index !== -1) this.#waiting.splice(index, 1);
    };
  }
}
