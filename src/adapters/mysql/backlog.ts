import type { Backlog } from '../../ports/inspector.ts';
import type { Connection } from './connection.ts';

/** Goes from one ready slice to the next by seeks, and looks at the due runs that come first there. */
export async function backlog(db: Connection, { atMost }: { readonly atMost: number }): Promise<Backlog> {
  const [clock = [], rows = []] = await db.call('backlog_v1', [atMost]);
  const [{ now = 0 } = {}] = clock as { now?: number }[];
  const jobs = (rows as unknown as Row[]).map(({ job, due, oldest_due_at: oldestDueAt }) => ({
    job,
    due: Number(due),
    oldestDueAt,
  }));
  return { now, jobs };
}

interface Row {
  readonly job: string;
  readonly due: number | string;
  readonly oldest_due_at: number;
}
