import type { FinalState, LiveState } from './state.ts';

/**
 * Verdicts are pure functions of what a store read under the lock of the row (protocol/claims#verdicts). Adapters that
 * compute in JavaScript call them. Adapters that compute in SQL are held to them by the contract suite.
 */

/** The fence of an unfinished run, from its row in `live`. */
export interface LiveRow {
  readonly state: LiveState;
  readonly worker: string | null;
  readonly epoch: number;
  /** The number of the last mailbox item; each item raises it. */
  readonly mailboxSeq: number;
}

/** What is left of a finished run. */
export interface EndedRow {
  readonly state: FinalState;
  readonly epoch: number;
}

/**
 * `ok`: it is done, now or by an earlier delivery of the same entry. `stale`: the sender does not hold the run any
 * more, and nothing changed. `conflict`: the step is recorded with another result. `cancelled`: the run was let go, and
 * ended by that, because somebody had asked to cancel it. `refused`: the database refused a value of this entry.
 */
export type Verdict = 'ok' | 'stale' | 'conflict' | 'cancelled' | 'refused';

export interface Claimant {
  readonly worker: string;
  readonly epoch: number;
}

/** The part of a row that says who holds the run. */
export type HeldRow = Omit<LiveRow, 'mailboxSeq'>;

/** May this claimant write to the run? The fence of every entry. */
export function holds<Row extends HeldRow>(live: Row | undefined, by: Claimant): live is Row {
  return live !== undefined && live.state === 'running' && live.worker === by.worker && live.epoch === by.epoch;
}

/** What came to the mailbox of a run while it was held. */
export interface MailboxMeanwhile {
  /** Somebody asked to cancel it, and it has not ended yet. */
  readonly isCancelled: boolean;
  /** An item came that the attempt has not seen. */
  readonly isNewer: boolean;
}

/**
 * The state of a run that its owner lets go, or that is taken from an owner who is gone (protocol/claims#letting-go). A
 * request to cancel comes first: there is no owner any more who could be told of it. An item that the attempt has not
 * seen wakes the run.
 */
export function stateAfterLetGo<Wished extends 'queued' | 'waiting' | 'failed'>(
  wished: Wished,
  { isCancelled, isNewer }: MailboxMeanwhile,
): Wished | 'queued' | 'cancelled' {
  if (isCancelled) return 'cancelled';
  return wished === 'waiting' && isNewer ? 'queued' : wished;
}

/**
 * Of a suspension or a hand-back. Sent again it finds the run held by nobody in the very epoch of the claimant, which let
 * go itself, for an eviction raises the epoch; or ended in that epoch, by a request to cancel.
 */
export function letGoVerdict(
  live: LiveRow | undefined,
  ended: EndedRow | undefined,
  by: Claimant & { readonly isCancelled: boolean },
): Verdict {
  if (holds(live, by)) return by.isCancelled ? 'cancelled' : 'ok';
  if (hasLetGo(live, by)) return 'ok';
  return !live && ended?.epoch === by.epoch && ended.state === 'cancelled' ? 'cancelled' : 'stale';
}

function hasLetGo(live: LiveRow | undefined, by: Claimant): boolean {
  return live?.worker === null && live.epoch === by.epoch;
}

/** A repeated outcome finds the run ended in the same epoch and state: the same verdict as the first time. */
export function outcomeVerdict(
  live: HeldRow | undefined,
  ended: EndedRow | undefined,
  by: Claimant & { readonly state: FinalState },
): Verdict {
  if (holds(live, by)) return 'ok';
  return !live && ended?.epoch === by.epoch && ended.state === by.state ? 'ok' : 'stale';
}

export interface StepRow {
  readonly state: 'running' | 'succeeded' | 'failed';
  readonly epoch: number;
  readonly output: string | null;
}

/**
 * Does this try come behind a later one of the same attempt? Its sender gave up its group and sent it again, and the
 * store carried out both. It is `ok` and changes nothing: within an attempt the tries of a step never become fewer
 * (protocol/journal#late-groups).
 */
export function isLateTry(
  begun: { readonly epoch: number; readonly tries: number },
  entry: { readonly epoch: number; readonly tries: number },
): boolean {
  return begun.epoch === entry.epoch && entry.tries < begun.tries;
}

/** May this finished step be recorded, by a claimant that holds the run? */
export function stepVerdict(recorded: StepRow | undefined, entry: StepRow): Verdict {
  if (!recorded || recorded.state === 'running') return 'ok';
  return recorded.state === entry.state && recorded.output === entry.output ? 'ok' : 'conflict';
}

/**
 * Is the crash of a worker charged to a run that it held? It is charged to runs that were suspect before, and to a run
 * that was alone. Where none of several was suspect, it is charged to nobody. From then on all of them are suspect,
 * until they record something (protocol/liveness#suspects).
 */
export function isCharged(run: { readonly isSuspect: boolean }, heldByWorker: number): boolean {
  return run.isSuspect || heldByWorker === 1;
}

/** What becomes of a run that is charged with the crash of its worker, unless somebody asked to cancel it. */
export function evictionOf(crashes: number, maxCrashes: number): 'queued' | 'failed' {
  return crashes + 1 >= maxCrashes ? 'failed' : 'queued';
}

/**
 * What a cancel does: it ends a run that nobody holds, and is a request to the owner of any other
 * (protocol/claims#cancel).
 */
export function cancelVerdict(live: LiveRow | undefined): 'done' | 'pending' | 'finished' {
  if (!live) return 'finished';
  return live.state === 'running' ? 'pending' : 'done';
}

/** What of a run's events nobody has taken yet, by number and size (`MailboxItem`). */
export interface UnreadEvents {
  readonly events: number;
  readonly bytes: number;
}

/** A mailbox with so much in it takes no further event: an attempt begins by reading all of them into its memory. */
export const fullMailbox: UnreadEvents = { events: 1_000, bytes: 16_777_216 };

/**
 * What an event does. A cancel and the end of a child are never refused: they are small, and the run needs them to end.
 */
export function eventVerdict(live: LiveRow | undefined, unread: UnreadEvents): 'pending' | 'full' | 'finished' {
  if (!live) return 'finished';
  return unread.events >= fullMailbox.events || unread.bytes >= fullMailbox.bytes ? 'full' : 'pending';
}
