import type { Letter } from '../ports/store-ask.ts';

/** The letters to one run that nobody has consumed, and those who wait for one: first come, first served, per name. */
export class Mailbox {
  #seen: number;
  readonly #letters: Letter[];
  readonly #waiting: {
    readonly kind: Letter['kind'];
    readonly name: string;
    readonly take: (letter: Letter) => void;
  }[] = [];

  constructor(mail: number, letters: readonly Letter[]) {
    this.#seen = mail;
    this.#letters = letters.filter(({ kind }) => kind !== 'cancel');
  }

  /** The count of words that this attempt knows of; a suspension carries it. */
  get seen(): number {
    return this.#seen;
  }

  /** Adds what is new; the store repeats letters until they are consumed. */
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
