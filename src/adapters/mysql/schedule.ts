import { createHash } from 'node:crypto';
import type { RunId } from '../../job/run.ts';
import type { Due, DueSchedule, Fire, FireVerdict, SchedulePlan } from '../../ports/store-schedule.ts';
import { versionOrder } from '../sql/version-order.ts';
import { bundle, checkArgument } from './bundle.ts';
import type { Connection } from './connection.ts';
import { encode } from './new-run.ts';

interface Declaration {
  readonly app: string;
  readonly version: string;
  readonly schedules: readonly SchedulePlan[];
}

export async function plan(db: Connection, declaration: Declaration): Promise<void> {
  checkArgument(declaration);
  const { app, version, schedules } = declaration;
  const items = new Map(schedules.map(({ name, job, spec, nextAt }) => [name, { name, job, spec, next: nextAt }]));
  await db.write('plan', 'plan_v1', [app, version, versionOrder(version), bundle([...items.values()])]);
}

/** All of it is of one instant. */
export async function due(db: Connection, { limit }: { limit: number }): Promise<Due> {
  const [clock = [], rows = [], lives = []] = await db.call('due_v1', [limit]);
  const [{ now = 0, next = null } = {}] = clock as { now?: number; next?: number | null }[];
  const live = lives as unknown as { name: string; run: RunId }[];
  const schedules = (rows as unknown as DueRow[]).map(({ next_at: nextAt, ...row }) => ({
    ...row,
    nextAt,
    live: live.filter(({ name }) => name === row.name).map(({ run }) => run),
  }));
  return { schedules, now, nextAt: next };
}

type DueRow = Omit<DueSchedule, 'nextAt' | 'live'> & { readonly next_at: number };

export async function fire(db: Connection, fires: readonly Fire[]): Promise<FireVerdict[]> {
  checkArgument(fires);
  const answers = await db.write('fire', 'fire_v1', [bundle(fires.map(encodeFire))]);
  const moved = new Set((answers.flat() as { i?: number }[]).map(({ i }) => i));
  return fires.map((_, i) => (moved.has(i) ? 'moved' : 'ok'));
}

function encodeFire({ schedule, revision, runs, ranges, cancels, nextAt }: Fire, i: number): unknown {
  const brings = {
    runs: JSON.stringify(runs.map(encode)),
    ranges: JSON.stringify(ranges),
    cancels: JSON.stringify(cancels),
    next: nextAt ?? undefined,
  };
  const mark = createHash('sha256').update(JSON.stringify(brings)).digest('hex');
  return { i, schedule, revision, mark, ...brings };
}
