import type { RunId } from '../job/run.ts';
import type { MailboxItem } from './store-action.ts';
import type { WorkerId } from './store-worker.ts';

/** What a worker asks for with `messages`: the runs that it knows it holds. */
export interface MessageRequest {
  readonly worker: WorkerId;
  readonly runs: readonly MailboxPosition[];
  /** Of all messages that are answered, by their size (`MailboxItem`): at least one, if there is any. */
  readonly maxBytes: number;
}

/** How far the attempt of a run has read its mailbox. */
export interface MailboxPosition {
  readonly run: RunId;
  readonly epoch: number;
  /** Number of the last message that it was given; 0: none yet. */
  readonly seen: number;
}

export interface Messages {
  /** Of those runs that have messages after `seen`, in the order of the request. */
  readonly inboxes: readonly Inbox[];
  /** The runs that this worker does not hold in that epoch: they ended over its head, or another has them. */
  readonly lost: readonly RunId[];
  /** `maxBytes` left something out: ask again with the new positions. */
  readonly hasMore: boolean;
}

export interface Inbox {
  readonly run: RunId;
  readonly epoch: number;
  /** All messages up to this number are here, or were given or consumed before: the next `seen`. */
  readonly seen: number;
  /** Not consumed, in the order of their numbers. */
  readonly items: readonly MailboxItem[];
}
