import { cancelVerdict, eventVerdict, type LiveRow } from '../../../job/transition.ts';
import type { Action, ActionResult, RunAction } from '../../../ports/store-action.ts';
import { cancelFailure } from '../../sql/crash-record.ts';
import { callbacksText } from '../../sql/run-row.ts';
import { wholeMs } from '../../sql/whole-ms.ts';
import type { Tx } from '../file/connection.ts';
import { endRun } from '../record/end.ts';
import { post, unreadEvents } from './mailbox.ts';
import { pauseOrResume } from '../claim/pause.ts';
import { resolveRef, stateOf } from '../read/read.ts';
import { restart, retry } from '../record/revive.ts';

/**
 * Carries out actions in their order. One that had an effect is remembered under its id, so that a repeat gets the same
 * answer (protocol/claims#repeated-actions).
 */
export function act(tx: Tx, actions: readonly Action[]): ActionResult[] {
  return actions.map((one) => ('target' in one ? pauseOrResume(tx, one) : actOnRun(tx, one)));
}

function actOnRun(tx: Tx, one: RunAction): ActionResult {
  const run = resolveRef(tx, one.ref);
  if (run === undefined) return { verdict: 'unknown', run: null, state: null };
  const before = tx.db.get<{ verdict: string }>('select verdict from actions where run = ? and id = ?', run, one.id);
  const verdict = (before?.verdict as ActionResult['verdict'] | undefined) ?? decide(tx, run, one);
  if (before === undefined && (verdict === 'done' || verdict === 'pending')) remember(tx, run, one, verdict);
  return { verdict, run, state: stateOf(tx, run) };
}

function decide(tx: Tx, run: string, one: RunAction): ActionResult['verdict'] {
  const live = tx.db.get<LiveRow>(
    'select state, worker, epoch, mailbox_seq as mailboxSeq from live where run = ?',
    run,
  );
  switch (one.kind) {
    case 'cancel':
      return cancel(tx, run, live, one);
    case 'event':
      return event(tx, run, live, one);
    case 'retry':
      return live === undefined ? retry(tx, run) : 'active';
    case 'restart':
      return live === undefined ? restart(tx, run, one.from) : 'active';
    case 'reschedule':
      return reschedule(tx, run, live, one.delayMs);
  }
}

function cancel(
  tx: Tx,
  run: string,
  live: LiveRow | undefined,
  one: RunAction & { readonly kind: 'cancel' },
): ActionResult['verdict'] {
  const verdict = cancelVerdict(live);
  if (verdict === 'done') {
    const callbacks = callbacksText(one.callbacks);
    tx.db.run(`update live set callbacks = ? where run = ? and callbacks = 'unknown'`, callbacks, run);
    endRun(tx, { run, state: 'cancelled', error: cancelFailure(one.actor, one.reason) });
  }
  if (verdict === 'pending') postItem(tx, run, '', null, one);
  return verdict;
}

function event(
  tx: Tx,
  run: string,
  live: LiveRow | undefined,
  one: RunAction & { readonly kind: 'event' },
): ActionResult['verdict'] {
  const verdict = eventVerdict(live, unreadEvents(tx, run));
  return verdict === 'pending' ? postItem(tx, run, one.name, one.data, one) : verdict;
}

function postItem(tx: Tx, run: string, name: string, data: string | null, one: RunAction): 'pending' {
  post(tx, run, { kind: one.kind === 'cancel' ? 'cancel' : 'event', name, data, actor: one.actor, reason: one.reason });
  return 'pending';
}

/** The deadline counts from the due instant, so it moves along. */
function reschedule(tx: Tx, run: string, live: LiveRow | undefined, delayMs: number): ActionResult['verdict'] {
  if (live === undefined) return 'finished';
  if (live.state !== 'queued') return 'active';
  tx.db.run(
    `update live set due_at = ?2,
       deadline_at = ?2 + coalesce((select deadline_ms from runs where id = ?1), job_deadline_ms) where run = ?1`,
    run,
    tx.now + wholeMs(delayMs),
  );
  return 'done';
}

function remember(tx: Tx, run: string, one: RunAction, verdict: string): void {
  tx.db.run(
    'insert into actions (run, id, kind, verdict, actor, reason, at) values (?, ?, ?, ?, ?, ?, ?)',
    run,
    one.id,
    one.kind,
    verdict,
    one.actor,
    one.reason,
    tx.now,
  );
}
