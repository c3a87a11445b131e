import type { RunId } from '../job/run.ts';
import type { MailboxItem } from './store-action.ts';
import type { WorkerId } from './store-worker.ts';

/** The runs whose mailboxes a worker reads: those that it knows it holds (protocol/replay#reading-a-mailbox). */
export interface MessageRequest {
  readonly worker: WorkerId;
  readonly runs: readonly MailboxPosition[];
  /** Limit of the sizes (`MailboxItem`) of all items in the answer. One item at least comes, if there is any. */
  readonly maxBytes: number;
}

/** How far the attempt of a run has read its mailbox. */
export interface MailboxPosition {
  readonly run: RunId;
  readonly epoch: number;
  /** The number of the last item that it was given. 0: none yet. */
  readonly seen: number;
}

export interface Messages {
  /** Those runs that have items after `seen`, in the order of the request. */
  readonly inboxes: readonly Inbox[];
  /** The runs that this worker does not hold in that epoch: they were ended without it, or another worker has them. */
  readonly lost: readonly RunId[];
  /** Items were left out because of `maxBytes`: ask again with the new positions. */
  readonly hasMore: boolean;
}

export interface Inbox {
  readonly run: RunId;
  readonly epoch: number;
  /** All items up to this number are here, or were given or taken before. It is the next `seen`. */
  readonly seen: number;
  /** The items that no step has taken, in the order of their numbers. */
  readonly items: readonly MailboxItem[];
}
