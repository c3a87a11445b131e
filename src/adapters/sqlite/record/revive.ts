import type { RunId, StepState } from '../../../job/run.ts';
import type { ActionResult } from '../../../ports/store-action.ts';
import type { Tx } from '../file/connection.ts';

/** Queues a finished run that did not succeed once more; only its failed steps are forgotten. */
export function retry(tx: Tx, run: RunId): ActionResult['verdict'] {
  const ended = tx.db.get<{ state: string }>('select state from outcomes where run = ?', run);
  if (ended?.state === 'succeeded') return 'finished';
  const failed = `select key from steps where run = ? and state = 'failed' and child is null`;
  forget(tx, run, tx.db.all<{ key: string }>(failed, run));
  revive(tx, run, ['running', 'failed'], { attempt: 'attempt + 1', generation: 'generation' });
  return 'done';
}

/** Retries a run that has ended without success; nothing happens to one that is unfinished or has succeeded. */
export function retryEnded(tx: Tx, run: RunId): void {
  if (tx.db.get('select 1 from outcomes where run = ?', run) !== undefined) retry(tx, run);
}

/** Queues any finished run once more, without the step `from` and all first asked for at or after it; null: all. */
export function restart(tx: Tx, run: RunId, from: string | null): ActionResult['verdict'] {
  const asked = from === null ? 0 : askedOf(tx, run, from);
  if (asked === undefined) return 'step-unknown';
  forget(tx, run, tx.db.all<{ key: string }>('select key from steps where run = ? and first_seq >= ?', run, asked));
  revive(tx, run, ['running'], { attempt: '1', generation: 'generation + 1' });
  return 'done';
}

function askedOf(tx: Tx, run: RunId, step: string): number | undefined {
  return tx.db.get<{ first_seq: number }>('select first_seq from steps where run = ? and key = ?', run, step)
    ?.first_seq;
}

/** The mailbox items that the steps took are back in the mailbox; their children are no longer linked. */
function forget(tx: Tx, run: RunId, steps: readonly { key: string }[]): void {
  for (const { key } of steps) {
    tx.db.run('delete from steps where run = ? and key = ?', run, key);
    tx.db.run('update mailbox set consumed_by = null where run = ? and consumed_by = ?', run, key);
  }
}

/**
 * Id, key, input and the instant of creation stay, the output goes on, and the epoch grows on: each life has its own.
 * Steps in `states` that have a child are to look at it, whose end told nobody while this run was finished; what it told
 * before is read.
 */
function revive(
  tx: Tx,
  run: RunId,
  states: readonly StepState[],
  next: Record<'attempt' | 'generation', string>,
): void {
  tx.db.run(
    `update steps set state = 'running', n = 0, tries = 0, output = null, error = null, finished_at = null
     where run = ? and child is not null and state in (select value from json_each(?))`,
    run,
    JSON.stringify(states),
  );
  tx.db.run(`update mailbox set consumed_by = '' where run = ? and kind = 'child' and consumed_by is null`, run);
  tx.db.run(
    `insert into live (run, job, queue, priority, due_at, state, epoch, mailbox_seq, max_crashes, attempt, first_attempt, generation,
       root, parent, schedule, timeout_ms, deadline_at, callbacks)
     select id, job, queue, priority, ?2, 'queued', epoch + 1, coalesce((select max(n) from mailbox where run = ?1), 0),
       max_crashes, ${next.attempt}, ${next.attempt}, ${next.generation}, root, parent, schedule, timeout_ms, ?2 + deadline_ms,
       callbacks
     from runs join outcomes on run = id where id = ?1`,
    run,
    tx.now,
  );
  tx.db.run('delete from outcomes where run = ?', run);
}
