import type { Run } from '../../job/run.ts';
import type { Page, RunQuery } from '../../ports/store-query.ts';
import { type RunRow, runOf } from './run-row.ts';

/**
 * Reads a page part by part, so that ten thousand large rows are never in memory at once. The page is complete with
 * `limit` runs, or with 8 MiB of them. The next part has as many rows as fit, if they are like those that were read
 * (protocol/claims#bounded-answers).
 */
export class PageParts {
  readonly #limit: number;
  readonly #items: Run[] = [];
  #bytes = 0;
  #asked = 0;
  #isWhole = false;
  #isLast = false;

  constructor(limit: number) {
    this.#limit = Math.min(Math.max(1, Math.trunc(limit)), 10_000);
  }

  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Rows to read for the next part: one more than the page holds, which says whether there is another page. */
  nextRows(): number {
    const wanted = this.#limit + 1 - this.#items.length;
    const fitting = this.#items.length === 0 ? firstRows : this.#rowsThatFit();
    this.#asked = Math.max(1, Math.min(wanted, fitting, maxRows));
    return this.#asked;
  }

  /** The run behind which the next part begins; undefined: the page begins. */
  get cursor(): string | undefined {
    return this.#items.at(-1)?.id;
  }

  /** All that `nextRows` asked for; fewer are the last there are. */
  add(rows: readonly RunRow[]): void {
    this.#isLast = rows.length < this.#asked;
    for (const row of rows) {
      if (this.#items.length === this.#limit || this.#bytes >= maxBytes) {
        this.#isLast = false;
        break;
      }
      this.#items.push(runOf(row));
      this.#bytes += weigh(row);
    }
    this.#isWhole =
      this.#isLast || this.#bytes >= maxBytes || (this.#items.length === this.#limit && this.#knowsMore(rows));
  }

  page(): Page<Run> {
    return { items: this.#items, next: this.#isLast ? null : (this.cursor ?? null) };
  }

  /** A row was read that is not on the page. */
  #knowsMore(rows: readonly RunRow[]): boolean {
    return rows.at(-1)?.id !== this.cursor;
  }

  #rowsThatFit(): number {
    return Math.floor((maxBytes - this.#bytes) / (this.#bytes / this.#items.length));
  }
}

/** Reads a page part by part. A question with a text that cannot be in the database has an answer without asking. */
export async function readInParts(
  query: RunQuery,
  {
    isStorable,
    rowsOf,
  }: {
    readonly isStorable: (text: string) => boolean;
    readonly rowsOf: (rest: RunQuery, limit: number) => Promise<RunRow[]>;
  },
): Promise<Page<Run>> {
  const parts = new PageParts(query.limit);
  const isAskable = (value: unknown) => typeof value !== 'string' || isStorable(value);
  if (query.states?.length === 0 || !Object.values(query).every(isAskable)) return { items: [], next: null };
  while (!parts.isWhole) {
    const rest = parts.cursor === undefined ? query : { ...query, cursor: parts.cursor };
    parts.add(await rowsOf(rest, parts.nextRows()));
  }
  return parts.page();
}

/** Characters of text, and what the rest takes. */
function weigh(row: RunRow): number {
  let bytes = 300;
  for (const value of Object.values(row) as unknown[]) if (typeof value === 'string') bytes += value.length;
  return bytes;
}

const maxBytes = 8 * 1_048_576;
const firstRows = 100;
/** So many rows, if each were as large as a row of a list can be, which is 100 KB. */
const maxRows = 500;
