import { keyBusy } from '../../job/key-busy.ts';
import type { RunState } from '../../job/state.ts';
import type { NewRun, Submitted } from '../../ports/store-submit.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import { collided, elsewhere, noneOpen, readTransaction } from '../sql/user-transaction.ts';
import { bundle, checkArgument } from './bundle.ts';
import type { Connection, Row } from './connection.ts';
import { named, type Value } from './dialect.ts';
import { hasNumber, storeError } from './failure.ts';
import { encode } from './new-run.ts';

/** Creates the runs that are new. */
export async function submit(db: Connection, runs: readonly NewRun[]): Promise<Submitted[]> {
  checkArgument(runs);
  const rows = (await db.write('submit', 'submit_v1', valuesOf(runs))).flat();
  refuseBusy(rows);
  return answersOf(runs, rows);
}

/**
 * Submits inside a transaction of the user's own, all of it or nothing. It is never repeated.
 *
 * @throws CONFIG_INVALID for a `tx` that is no open transaction on the server of this store
 */
export async function submitWithin(
  db: Connection,
  runs: readonly NewRun[],
  { tx, storeId }: { tx: unknown; storeId: string },
): Promise<Submitted[]> {
  checkArgument(runs);
  const tell = readTransaction(tx);
  const [items = null, ...rest] = valuesOf(runs);
  // Bytes stand in SQL as digits, so nothing is escaped, whatever the session's sql_mode and character set.
  const batch = Buffer.from(String(items));
  const text = named('call onejob_submit_within_v1(convert(? using utf8mb4), ?, ?, ?)', db.names);
  const answer = await tell(text, [batch, ...rest]).catch((error: unknown) => {
    throw transactionError(error, db.url);
  });
  const rows = rowsIn(answer);
  const store = rows.find((row) => 'store' in row)?.['store'];
  if (storeId !== '' && store !== storeId) throw elsewhere(db.url);
  return answersOf(runs, rows);
}

/** A procedure that finds keys busy answers them and has done nothing. */
export function refuseBusy(rows: readonly Row[]): void {
  const keys = rows.flatMap((row) => ('busy' in row ? [String(row['busy'])] : []));
  if (keys.length > 0) throw keyBusy(keys);
}

interface Answer {
  readonly i: number;
  readonly verdict: Submitted['verdict'];
  readonly run: string;
  readonly run_key: string | null;
  readonly job: string;
}

/** In the order of ids, so that rows are locked in one order by all; of an id that comes twice, the first. */
function valuesOf(runs: readonly NewRun[]): Value[] {
  const items = new Map<string, Record<string, unknown>>();
  runs.forEach((run, i) => {
    if (!items.has(run.id)) items.set(run.id, encode(run, i));
  });
  const sorted = [...items.keys()].toSorted().map((id) => items.get(id));
  return [bundle(sorted), items.size, Number(runs.some(({ key }) => key !== null)), bundle(holdersOf(runs))];
}

/** The workers that runs name, each with the earliest claim that they name of it. */
function holdersOf(runs: readonly NewRun[]): { id: WorkerId; claim: number }[] {
  const claims = new Map<WorkerId, number>();
  for (const { holder, claim } of runs) {
    if (holder !== null) claims.set(holder, Math.min(claim, claims.get(holder) ?? Infinity));
  }
  return [...claims].map(([id, claim]) => ({ id, claim })).toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** No answers: all are new, and held as they wished. */
function answersOf(runs: readonly NewRun[], rows: readonly Row[]): Submitted[] {
  const answers = rows.filter((row) => 'verdict' in row) as unknown as Answer[];
  const states = new Map(rows.flatMap((row) => ('state' in row ? [[row['i'], row['state'] as RunState]] : [])));
  const byId = new Map(answers.map((answer) => [runs[answer.i]?.id, answer]));
  return runs.map(({ id, key, job, holder }) => {
    const answer = byId.get(id);
    if (answer === undefined) {
      return { verdict: 'created', run: { id, key, job, state: holder === null ? 'queued' : 'running' } };
    }
    const { i, verdict, run, run_key: runKey, job: itsJob } = answer;
    // A transaction of a user that began to look before the run was there does not see its state.
    return { verdict, run: { id: run, key: runKey, job: itsJob, state: states.get(i) ?? 'queued' } };
  });
}

/** Libraries wrap what the driver answers, `[[rows, …, header], fields]`, each in its own way. */
function rowsIn(answer: unknown): Row[] {
  if (Array.isArray(answer)) return answer.flatMap(rowsIn);
  if (typeof answer !== 'object' || answer === null) return [];
  const { rows } = answer as { rows?: unknown };
  return Array.isArray(rows) ? rowsIn(rows) : [answer as Row];
}

/** The store's own schema is there, or we would not be here: where `tx` looks there is none. */
function transactionError(error: unknown, url: string): Error {
  if (hasNumber(error, noTransaction)) return noneOpen();
  if (hasNumber(error, 1046, 1049, 1146, 1305)) return elsewhere(url, error);
  // The server has rolled all of it back.
  return hasNumber(error, 1213, 1020) ? collided(error) : storeError(error, url);
}

/** Signalled by `onejob_submit_within_v1`. */
const noTransaction = 31_201;
