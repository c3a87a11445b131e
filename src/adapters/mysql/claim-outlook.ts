import type { WorkerId } from '../../ports/store-worker.ts';
import { Outlook } from '../sql/outlook.ts';

/** Lines as JSON, and the instant before which a claim left nothing due in them. */
export interface Seen {
  readonly lines: string;
  readonly since: number;
}

/** What a claim told of its look at the lines of work. */
export interface Look {
  readonly lines: string | null;
  readonly since: number | null;
  /** Null where it looked at none. */
  readonly spentMs: number | null;
}

/**
 * When claims use an outlook. The server does not count the deleted entries that it passes by, so the time tells: five
 * looks at everything in a row of which each took longer than so many lines need. A busy machine delays one or two of
 * them, not all.
 */
export class ClaimOutlook {
  readonly #outlook = new Outlook<Seen>();
  #slowLooks = 0;

  of(worker: WorkerId): { readonly seen: Seen | null; readonly isWhole: boolean } {
    return this.#outlook.of(worker);
  }

  /** After a claim; `begunAt` by `performance.now()`. */
  note(claim: {
    readonly worker: WorkerId;
    readonly isWhole: boolean;
    readonly look: Look;
    readonly begunAt: number;
  }): void {
    const { lines, since, spentMs } = claim.look;
    const count = lines === null ? 0 : (JSON.parse(lines) as unknown[]).length;
    // Who finds no line has walked once, too, but there is nothing to remember.
    if (claim.isWhole && spentMs !== null)
      this.#slowLooks = spentMs > slowMs + count * lineMs ? this.#slowLooks + 1 : 0;
    const isKept = this.#slowLooks >= looks && lines !== null && since !== null && count <= mostLines;
    this.#outlook.note({ ...claim, seen: isKept ? { lines, since } : null });
  }
}

const looks = 5;
const slowMs = 5;
const lineMs = 1;
const mostLines = 100;
