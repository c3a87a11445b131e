import type { Failure } from '../../job/failure.ts';
import type { JsonText, Progress, RunId, StoredResponse } from '../../job/run.ts';
import type { FinalState } from '../../job/state.ts';
import { cancelFailure } from '../sql/burial.ts';
import { jsonText } from '../sql/run-row.ts';
import type { Tx } from './connection.ts';
import { post } from './mail.ts';

/** How a run ends. */
export interface End {
  readonly state: FinalState;
  readonly output?: JsonText | null;
  readonly response?: StoredResponse | null;
  readonly error?: Failure | null;
  readonly progress?: Progress | null;
}

/**
 * Ends a live run, whoever asks: its record gets the outcome, the live row goes, children that are not finished are
 * cancelled unless it succeeded (those that run get a letter), and its parent gets a letter.
 */
export function endRun(tx: Tx, run: RunId, end: End): void {
  // A list instead of a recursion: chains of children may be deeper than the stack.
  const ends: [RunId, End][] = [[run, end]];
  for (let next = ends.pop(); next !== undefined; next = ends.pop()) {
    const [id, how] = next;
    const { mail, parent } = close(tx, id, how);
    if (mail > 0) consumeCancels(tx, id);
    if (parent !== null) post(tx, parent, { kind: 'child', name: id, data: null, actor: null, reason: null });
    if (how.state !== 'succeeded') ends.push(...cancelChildren(tx, id, how.state));
  }
}

function close(tx: Tx, run: RunId, end: End): { mail: number; parent: RunId | null } {
  tx.db.run(
    `update runs set state = ?2, output = ?3, response = ?4, error = ?5, finished_at = ?6,
       (attempt, crashes, epoch, generation, due_at, started_at, node, progress) =
       (select attempt, crashes, epoch, generation, due_at, started_at, node, coalesce(?7, progress)
        from live where run = ?1)
     where id = ?1`,
    run,
    end.state,
    end.output ?? null,
    jsonText(end.response),
    jsonText(end.error),
    tx.now,
    jsonText(end.progress),
  );
  const gone = tx.db.get<{ mail: number; parent: string | null }>(
    'delete from live where run = ? returning mail, parent',
    run,
  );
  return gone ?? { mail: 0, parent: null };
}

/** A request to cancel that the run has outlived must not cancel its next life. */
function consumeCancels(tx: Tx, run: RunId): void {
  tx.db.run(`update letters set consumed_by = '' where run = ? and kind = 'cancel' and consumed_by is null`, run);
}

function cancelChildren(tx: Tx, parent: RunId, state: FinalState): [RunId, End][] {
  const ends: [RunId, End][] = [];
  const reason = `its parent ${state === 'failed' ? 'failed' : 'was cancelled'}`;
  const children = tx.db.all<{ run: string; state: string }>(
    'select run, state from live where parent = ? order by run',
    parent,
  );
  for (const child of children) {
    if (child.state === 'running') {
      post(tx, child.run, { kind: 'cancel', name: '', data: null, actor: parent, reason });
    } else {
      ends.push([child.run, { state: 'cancelled', error: cancelFailure(`run ${parent}`, reason) }]);
    }
  }
  return ends;
}
