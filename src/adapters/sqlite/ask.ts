import { cancelVerdict, eventVerdict, type LiveRow } from '../../job/transition.ts';
import type { Ask, AskAnswer, RunAsk } from '../../ports/store-ask.ts';
import { cancelFailure } from '../sql/burial.ts';
import { callbacksText } from '../sql/run-row.ts';
import { wholeMs } from '../sql/whole-ms.ts';
import type { Tx } from './connection.ts';
import { endRun } from './end.ts';
import { post, unreadEvents } from './mail.ts';
import { pauseOrResume } from './pause.ts';
import { resolveRef, stateOf } from './read.ts';
import { restart, retry } from './revive.ts';

/** Words from outside, in order. What had an effect is remembered under its id, so that a repeat answers the same. */
export function ask(tx: Tx, asks: readonly Ask[]): AskAnswer[] {
  return asks.map((one) => ('target' in one ? pauseOrResume(tx, one) : askRun(tx, one)));
}

function askRun(tx: Tx, one: RunAsk): AskAnswer {
  const run = resolveRef(tx, one.ref);
  if (run === undefined) return { verdict: 'unknown', run: null, state: null };
  const before = tx.db.get<{ verdict: string }>('select verdict from asks where run = ? and id = ?', run, one.id);
  const verdict = (before?.verdict as AskAnswer['verdict'] | undefined) ?? decide(tx, run, one);
  if (before === undefined && (verdict === 'done' || verdict === 'mailed')) remember(tx, run, one, verdict);
  return { verdict, run, state: stateOf(tx, run) };
}

function decide(tx: Tx, run: string, one: RunAsk): AskAnswer['verdict'] {
  const live = tx.db.get<LiveRow>('select state, worker, epoch, mail from live where run = ?', run);
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
  one: RunAsk & { readonly kind: 'cancel' },
): AskAnswer['verdict'] {
  const verdict = cancelVerdict(live);
  if (verdict === 'done') {
    const callbacks = callbacksText(one.callbacks);
    tx.db.run(`update live set callbacks = ? where run = ? and callbacks = 'unknown'`, callbacks, run);
    endRun(tx, { run, state: 'cancelled', error: cancelFailure(one.actor, one.reason) });
  }
  if (verdict === 'mailed') mail(tx, run, '', null, one);
  return verdict;
}

function event(
  tx: Tx,
  run: string,
  live: LiveRow | undefined,
  one: RunAsk & { readonly kind: 'event' },
): AskAnswer['verdict'] {
  const verdict = eventVerdict(live, unreadEvents(tx, run));
  return verdict === 'mailed' ? mail(tx, run, one.name, one.data, one) : verdict;
}

function mail(tx: Tx, run: string, name: string, data: string | null, one: RunAsk): 'mailed' {
  post(tx, run, { kind: one.kind === 'cancel' ? 'cancel' : 'event', name, data, actor: one.actor, reason: one.reason });
  return 'mailed';
}

/** The deadline counts from the due instant, so it moves along. */
function reschedule(tx: Tx, run: string, live: LiveRow | undefined, delayMs: number): AskAnswer['verdict'] {
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

function remember(tx: Tx, run: string, one: RunAsk, verdict: string): void {
  tx.db.run(
    'insert into asks (run, id, kind, verdict, actor, reason, at) values (?, ?, ?, ?, ?, ?, ?)',
    run,
    one.id,
    one.kind,
    verdict,
    one.actor,
    one.reason,
    tx.now,
  );
}
