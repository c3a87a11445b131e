import type { Connection } from './connection.ts';

/** A line that somebody said, or, numbered -1, the counter of hints. */
export interface Row {
  readonly n: number;
  readonly words: string;
}

/** Lines that processes say to each other: rows of a table, the last thousand. */
export class WordTable {
  readonly #listeners = new Set<(words: string | null) => void>();
  /** The number of the last line heard; undefined: none yet, or the server was away. */
  #heard: number | undefined;

  get isHeard(): boolean {
    return this.#listeners.size > 0;
  }

  listen(onWords: (words: string | null) => void): () => void {
    const listener = (words: string | null) => onWords(words);
    if (!this.isHeard) this.#heard = undefined;
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  clear(): void {
    this.#listeners.clear();
  }

  async write(connection: Connection, words: string): Promise<void> {
    await connection.call('say_v1', [words]);
  }

  /** What is read for `take`: the last line that was heard again, for where it is gone, so may be others behind it. */
  get question(): string {
    const from = this.isHeard ? (this.#heard ?? '(select coalesce(max(n), 0) from onejob_words)') : nowhere;
    return `select n, words from onejob_words where n >= ${from}`;
  }

  /** In the order of their numbers. */
  take(lines: readonly Row[]): void {
    if (!this.isHeard) return;
    const heard = this.#heard;
    this.#heard = lines.at(-1)?.n ?? 0;
    if (heard === undefined || (lines[0]?.n ?? 0) > Math.max(heard, 1) || this.#heard < heard) return this.#pass(null);
    for (const { n, words } of lines) if (n > heard) this.#pass(words);
  }

  /** The server is away. */
  forget(): void {
    this.#heard = undefined;
  }

  #pass(words: string | null): void {
    for (const listener of this.#listeners) listener(words);
  }
}

/** No line has this number. */
const nowhere = Number.MAX_SAFE_INTEGER;
