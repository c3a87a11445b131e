import type { FinalState, LiveState } from './state.ts';

/**
 * Verdicts are pure functions of what a store read under the lock of the row (protocol/claims#verdicts). Adapters that
 * compute in JavaScript call them. Adapters that compute in SQL are held to them by the contract suite.
 */

/** What a store's narrow row says of an unfinished run. */
export interface LiveRow {
  readonly state: LiveState;
  readonly worker: string | null;
  readonly epoch: number;
  /** Count of words from outside; grows with each. */
  readonly mailboxSeq: number;
}

/** What is left of a finished run. */
export interface EndedRow {
  readonly state: FinalState;
  readonly epoch: number;
}

/**
 * `ok`: done, now or by an earlier delivery of the same entry. `stale`: the sender no longer holds the run; nothing
 * changed. `conflict`: the step is recorded with another result. `cancelled`: the run was let go, and that was its end,
 * for somebody had asked to cancel it. `refused`: the database refused a value of this entry.
 */
export type Verdict = 'ok' | 'stale' | 'conflict' | 'cancelled' | 'refused';

export interface Claimant {
  readonly worker: string;
  readonly epoch: number;
}

/** As much of a row as says who holds the run. */
export type HeldRow = Omit<LiveRow, 'mailboxSeq'>;

/** May this claimant write to the run? The fence of every entry. */
export function holds<Row extends HeldRow>(live: Row | undefined, by: Claimant): live is Row {
  return live !== undefined && live.state === 'running' && live.worker === by.worker && live.epoch === by.epoch;
}

/** What became of the mailbox of a run while it was held. */
export interface MailboxMeanwhile {
  /** Somebody asked to cancel it, and it has not ended yet. */
  readonly isCancelled: boolean;
  /** More came than the attempt has seen. */
  readonly isNewer: boolean;
}

/**
 * The state of a run that its owner lets go, or that is taken from an owner who is gone. A request to cancel goes
 * first: there is no owner any more whom it could be told. A word that came after the attempt had looked wakes the run.
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
 * A try that comes behind a later one of the same attempt: its group was given up by who sent it, and carried out after it
 * was sent again. It is `ok` and changes nothing. The tries of a step never become fewer within an attempt.
 */
export function isLateTry(
  begun: { readonly epoch: number; readonly tries: number },
  entry: { readonly epoch: number; readonly tries: number },
): boolean {
  return begun.epoch === entry.epoch && entry.tries < begun.tries;
}

/** For a claimant that holds the run: may this finished step be recorded? */
export function stepVerdict(recorded: StepRow | undefined, entry: StepRow): Verdict {
  if (!recorded || recorded.state === 'running') return 'ok';
  return recorded.state === entry.state && recorded.output === entry.output ? 'ok' : 'conflict';
}

/**
 * Is the crash of a worker charged to a run that it held? To what is suspect already, and to a run that was alone; where
 * none of several was suspect it is to nobody. All that it held is suspect from then on, until it records something.
 */
export function isCharged(run: { readonly isSuspect: boolean }, heldByWorker: number): boolean {
  return run.isSuspect || heldByWorker === 1;
}

/** What becomes of a run that is charged with the crash of its worker, unless somebody asked to cancel it. */
export function evictionOf(crashes: number, maxCrashes: number): 'queued' | 'failed' {
  return crashes + 1 >= maxCrashes ? 'failed' : 'queued';
}

/** What a cancel does: at once where nobody holds the run, else it is a request to the owner. */
export function cancelVerdict(live: LiveRow | undefined): 'done' | 'pending' | 'finished' {
  if (!live) return 'finished';
  return live.state === 'running' ? 'pending' : 'done';
}

/** What of a run's events nobody has taken yet, by number and size (`MailboxItem`). */
export interface UnreadEvents {
  readonly events: number;
  readonly bytes: number;
}

/** From here on no event more is taken in: a run reads all of them into its memory, and an attempt begins with them. */
export const fullMailbox: UnreadEvents = { events: 1_000, bytes: 16_777_216 };

/** What an event does. A cancel and the end of a child are never refused: they are small, and a run has to end. */
export function eventVerdict(live: LiveRow | undefined, unread: UnreadEvents): 'pending' | 'full' | 'finished' {
  if (!live) return 'finished';
  return unread.events >= fullMailbox.events || unread.bytes >= fullMailbox.bytes ? 'full' : 'pending';
}
