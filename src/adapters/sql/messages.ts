import type { RunId } from '../../job/run.ts';
import type { Letter } from '../../ports/store-ask.ts';
import type { Inbox, MessageRequest, Messages } from '../../ports/store-message.ts';
import { type LetterColumns, letterOf } from './run-row.ts';

/** What a database found of one run of the request, in its order. */
export interface MailboxHead {
  readonly run: RunId;
  /** Number of its last message; null: the worker does not hold it. */
  readonly mail: number | null;
}

/** Of a request that names no run. */
export const noMessages: Messages = { inboxes: [], lost: [], hasMore: false };

export type LetterRow = LetterColumns & { readonly run: RunId };

/**
 * The answer to `messages`. `rows` are the first of the letters that there are, in the order of the request's runs and
 * of their numbers. Where the rest was cut off, the last inbox goes as far as its last letter, and nothing is said of
 * what comes after it: the next request begins there.
 */
export function messagesOf(
  { runs }: MessageRequest,
  heads: readonly MailboxHead[],
  { rows, isCut }: { readonly rows: readonly LetterRow[]; readonly isCut: boolean },
): Messages {
  const positions = new Map(runs.map((position) => [position.run, position]));
  const letters = lettersByRun(rows);
  const last = isCut ? rows.at(-1) : undefined;
  const inboxes: Inbox[] = [];
  for (const { run, mail } of heads) {
    const position = positions.get(run);
    if (mail === null || position === undefined) continue;
    const seen = run === last?.run ? last.n : mail;
    if (seen > position.seen) inboxes.push({ run, epoch: position.epoch, seen, letters: letters.get(run) ?? [] });
    if (run === last?.run) break;
  }
  const lost = heads.flatMap(({ run, mail }) => (mail === null ? [run] : []));
  return { inboxes, lost, hasMore: isCut };
}

function lettersByRun(rows: readonly LetterRow[]): Map<RunId, Letter[]> {
  const byRun = new Map<RunId, Letter[]>();
  for (const row of rows) {
    const letters = byRun.get(row.run);
    if (letters === undefined) byRun.set(row.run, [letterOf(row)]);
    else letters.push(letterOf(row));
  }
  return byRun;
}
