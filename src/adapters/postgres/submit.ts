import type { RunState } from '../../job/state.ts';
import type { NewRun, Submitted } from '../../ports/store-submit.ts';
import { bundle } from './bundle.ts';
import type { Connection, UserTransaction } from './connection.ts';
import { storeError } from './failure.ts';

/** Creates the runs that are new; in a user's transaction as one statement of it, which is never repeated. */
export async function submit(db: Connection, runs: readonly NewRun[], tx: unknown): Promise<Submitted[]> {
  const values = [bundle(runs.map(inShort)), runs.length, hasKey(runs), holdersOf(runs)];
  const text = `select ${db.schema}.create_v1($1::json, $2::integer, $3::boolean, $4::text[]) answers`;
  const rows = tx === undefined ? await db.write<Row>('submit', text, values) : await within(db, tx, text, values);
  return answersOf(runs, rows[0]?.answers ?? null);
}

interface Row {
  readonly answers: Answer[] | null;
}

interface Answer {
  readonly i: number;
  readonly verdict: Submitted['verdict'];
  readonly run: string;
  readonly key: string | null;
  readonly job: string;
  readonly state: RunState;
}

async function within(db: Connection, tx: unknown, text: string, values: readonly unknown[]): Promise<Row[]> {
  try {
    const { rows } = await (tx as UserTransaction).query(text, values);
    return (rows as { answers: Answer[] | string | null }[]).map(({ answers }) => ({
      answers: typeof answers === 'string' ? (JSON.parse(answers) as Answer[]) : answers,
    }));
  } catch (error) {
    throw storeError(error, db.url);
  }
}

/** No answers: all are new, and held as they wished. */
function answersOf(runs: readonly NewRun[], answers: readonly Answer[] | null): Submitted[] {
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

/** What `create_v1` reads. Most members of most runs are as usual and are left out. */
export function inShort(run: NewRun, i: number): Record<string, unknown> {
  return {
    i,
    id: run.id,
    key: run.key ?? undefined,
    job: run.job,
    queue: run.queue,
    trigger: run.trigger,
    priority: run.priority === 0 ? undefined : run.priority,
    input: run.input ?? undefined,
    digest: run.key === null ? undefined : (run.digest ?? undefined),
    args: run.args.length === 0 ? undefined : run.args,
    request: run.request ?? undefined,
    due: run.dueAt ?? undefined,
    delay: run.delayMs === 0 ? undefined : Math.ceil(run.delayMs),
    timeout: run.timeoutMs ?? undefined,
    deadline: run.deadlineMs ?? undefined,
    crashes: run.maxCrashes,
    trace: run.traceId,
    parent: run.parent ?? undefined,
    root: run.root === run.id ? undefined : run.root,
    schedule: run.schedule ?? undefined,
    scheduled: run.scheduledAt ?? undefined,
    holder: run.holder ?? undefined,
  };
}
