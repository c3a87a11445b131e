import type { RunState } from '../../job/state.ts';
import type { NewRun, Submitted } from '../../ports/store-submit.ts';
import { encodeNewRun } from '../sql/new-run.ts';
import { bundle } from './bundle.ts';
import { collided, elsewhere, failed, readTransaction } from '../sql/user-transaction.ts';
import type { Connection } from './connection.ts';
import { hasState, storeError } from './failure.ts';
import { channelOf } from './notifier.ts';

/** Creates the runs that are new. */
export async function submit(db: Connection, runs: readonly NewRun[]): Promise<Submitted[]> {
  const rows = await db.write<Pick<SubmitRow, 'answers'>>('submit', `select ${creationIn(db)} answers`, valuesOf(runs));
  return answersOf(runs, rows[0]?.answers ?? null);
}

/**
 * Submits as one statement in a transaction of the user's own, which is never repeated. Workers are told when it
 * commits, and only then: the server keeps a notification until the commit.
 *
 * @throws CONFIG_INVALID for a `tx` that is no open transaction on the database of this store
 */
export async function submitWithin(
  db: Connection,
  runs: readonly NewRun[],
  { tx, storeId }: { tx: unknown; storeId: string },
): Promise<Submitted[]> {
  const tell = readTransaction(tx);
  const text = `select ${creationIn(db, true)} answers, pg_notify($5, ''), (select id from ${db.schema}.meta) store`;
  const rows = rowsOf(
    await tell(text, [...valuesOf(runs), channelOf(db.schema)]).catch((error: unknown) => {
      throw transactionError(error, db.url);
    }),
  );
  const [row] = rows;
  if (storeId !== '' && row?.store !== storeId) throw elsewhere(db.url);
  const answers = row?.answers ?? null;
  return answersOf(runs, typeof answers === 'string' ? (JSON.parse(answers) as Answer[]) : answers);
}

export interface SubmitRow {
  readonly answers: Answer[] | null;
  /** The server's now, when it had created them. */
  readonly now: number;
}

export interface Answer {
  readonly i: number;
  readonly verdict: Submitted['verdict'];
  readonly run: string;
  readonly key: string | null;
  readonly job: string;
  readonly state: RunState;
  /** Both while the run is held as it was born. */
  readonly holder: string | null;
  readonly claim: number | null;
}

/** @param patient whether a key that somebody else is creating is waited for */
export function creationIn({ schema }: Connection, patient = false): string {
  return `${schema}.create_v1($1::json, $2::integer, $3::boolean, $4::text[], patient => ${patient})`;
}

export function valuesOf(runs: readonly NewRun[]): unknown[] {
  return [bundle(runs.map(encode)), runs.length, hasKey(runs), holdersOf(runs)];
}

/** `{ rows }` of pg and Kysely, or the rows themselves, as query runners answer. */
function rowsOf(answer: unknown): Partial<{ answers: Answer[] | string | null; store: string }>[] {
  const rows = (answer as { rows?: unknown } | null)?.rows ?? answer;
  return Array.isArray(rows) ? rows : [];
}

/** The store's own schema is there, or we would not be here: where `tx` looks there is none. */
function transactionError(error: unknown, url: string): Error {
  if (['3F000', '42P01', '42883'].some((state) => hasState(error, state))) return elsewhere(url, error);
  if (hasState(error, '25P02')) return failed(error);
  return ['40001', '40P01'].some((state) => hasState(error, state)) ? collided(error) : storeError(error, url);
}

/** No answers: all are new, and held as they wished. */
export function answersOf(runs: readonly NewRun[], answers: readonly Answer[] | null): Submitted[] {
  const byPlace = new Map(answers?.map((answer) => [answer.i, answer]));
  return runs.map(({ id, key, job, holder }, i) => {
    const answer = byPlace.get(i);
    if (answer === undefined) {
      return { verdict: 'created', run: { id, key, job, state: holder === null ? 'queued' : 'running' } };
    }
    return { verdict: answer.verdict, run: { id: answer.run, key: answer.key, job: answer.job, state: answer.state } };
  });
}

function hasKey(runs: readonly NewRun[]): boolean {
  return runs.some(({ key }) => key !== null);
}

function holdersOf(runs: readonly NewRun[]): string[] {
  const holders = new Set<string>();
  for (const { holder } of runs) if (holder !== null) holders.add(holder);
  return [...holders];
}

/** What `create_v1` reads. */
export function encode(run: NewRun, i: number): Record<string, unknown> {
  return encodeNewRun(run, i, (value) => value);
}
