import type { RunId } from '../../job/run.ts';
import type { AskAnswer } from '../../ports/store-ask.ts';
import type { Tx } from './connection.ts';

/** Queues a finished run that did not succeed once more; only its failed steps are forgotten. */
export function retry(tx: Tx, run: RunId): AskAnswer['verdict'] {
  const ended = tx.db.get<{ state: string }>('select state from outcomes where run = ?', run);
  if (ended?.state === 'succeeded') return 'finished';
  forget(tx, run, tx.db.all<{ key: string }>(`select key from steps where run = ? and state = 'failed'`, run));
  revive(tx, run, 'attempt + 1', 'generation');
  return 'done';
}

/** Queues any finished run once more, without the step `from` and all first asked for at or after it; null: all. */
export function restart(tx: Tx, run: RunId, from: string | null): AskAnswer['verdict'] {
  const asked = from === null ? 0 : askedOf(tx, run, from);
  if (asked === undefined) return 'step-unknown';
  forget(tx, run, tx.db.all<{ key: string }>('select key from steps where run = ? and asked >= ?', run, asked));
  revive(tx, run, '1', 'generation + 1');
  return 'done';
}

function askedOf(tx: Tx, run: RunId, step: string): number | undefined {
  return tx.db.get<{ asked: number }>('select asked from steps where run = ? and key = ?', run, step)?.asked;
}

/** The letters that the steps took are back in the mailbox; their children are no longer linked. */
function forget(tx: Tx, run: RunId, steps: readonly { key: string }[]): void {
  for (const { key } of steps) {
    tx.db.run('delete from steps where run = ? and key = ?', run, key);
    tx.db.run('update letters set consumed_by = null where run = ? and consumed_by = ?', run, key);
  }
}

/** Id, key, input and the instant of creation stay, the output goes on, and the epoch grows on with the next claim. */
function revive(tx: Tx, run: RunId, attempt: string, generation: string): void {
  tx.db.run(
    `insert into live (run, job, queue, priority, due_at, state, epoch, mail, max_crashes, attempt, generation, root,
       parent, schedule, timeout_ms, deadline_at, callbacks)
     select id, job, queue, priority, ?2, 'queued', epoch, coalesce((select max(n) from letters where run = ?1), 0),
       max_crashes, ${attempt}, ${generation}, root, parent, schedule, timeout_ms, ?2 + deadline_ms,
       callbacks
     from runs join outcomes on run = id where id = ?1`,
    run,
    tx.now,
  );
  tx.db.run('delete from outcomes where run = ?', run);
}
