import type { RunId } from '../../job/run.ts';
import type { Due, DueSchedule, Fire, FireVerdict, Range, SchedulePlan } from '../../ports/store-schedule.ts';
import { cancelFailure } from '../sql/crash-record.ts';
import { compareVersions } from '../sql/version.ts';
import type { Tx } from './file/connection.ts';
import { endRun } from './record/end.ts';
import { post } from './mailbox/mailbox.ts';
import { pausedNames } from './claim/pause.ts';
import { submitOne } from './submit/submit.ts';

interface Declaration {
  readonly app: string;
  readonly version: string;
  readonly schedules: readonly SchedulePlan[];
}

/** An older version than one that has declared the schedules of its app changes nothing. */
export function plan(tx: Tx, { app, version, schedules }: Declaration): void {
  const newest = tx.db.get<{ version: string }>('select version from apps where name = ?', app);
  if (newest !== undefined && compareVersions(version, newest.version) < 0) return;
  tx.db.run(
    'insert into apps (name, version) values (?, ?) on conflict (name) do update set version = excluded.version',
    app,
    version,
  );
  for (const schedule of schedules) {
    const known = tx.db.get<{ spec: string; job: string }>(
      'select spec, job from schedules where name = ?',
      schedule.name,
    );
    const same = known?.spec === schedule.spec && known.job === schedule.job;
    if (same) touch(tx, schedule.name, app);
    else put(tx, schedule, app);
  }
}

function touch(tx: Tx, name: string, app: string): void {
  tx.db.run('update schedules set app = ?, declared_at = ? where name = ?', app, tx.now, name);
}

/** New, or with another definition: it goes on from the instant that the declaration names. */
function put(tx: Tx, { name, job, spec, nextAt }: SchedulePlan, app: string): void {
  tx.db.run(
    `insert into schedules (name, app, job, spec, revision, next_at, declared_at)
     values (?, ?, ?, ?, 1, ?, ?)
     on conflict (name) do update set app = excluded.app, job = excluded.job,
       spec = excluded.spec, revision = revision + 1, next_at = excluded.next_at,
       declared_at = excluded.declared_at, fired = null`,
    name,
    app,
    job,
    spec,
    nextAt,
    tx.now,
  );
}

export function due(tx: Tx, { limit }: { limit: number }): Due {
  const paused = pausedNames(tx).schedule;
  const rows = tx.db.all<DueRow>(
    `select name, app, job, spec, revision, next_at from schedules where next_at <= ? order by next_at, name limit ?`,
    tx.now,
    limit,
  );
  const later = tx.db.all<{ name: string; next_at: number }>(
    'select name, next_at from schedules where next_at > ? order by next_at',
    tx.now,
  );
  return {
    schedules: rows.map((row) => dueOf(tx, row, paused.get(row.name) ?? null)),
    now: tx.now,
    nextAt: later.find(({ name }) => !paused.has(name))?.next_at ?? null,
  };
}

interface DueRow {
  readonly name: string;
  readonly app: string;
  readonly job: string;
  readonly spec: string;
  readonly revision: number;
  readonly next_at: number;
}

function dueOf(tx: Tx, { next_at: nextAt, ...row }: DueRow, paused: string | null): DueSchedule {
  const live = tx.db.all<{ run: RunId }>('select run from live where schedule = ? order by run', row.name);
  return { ...row, nextAt, paused, live: live.map(({ run }) => run) };
}

/** Each fire wholly or, when its revision moved, not at all. A repeat of the fire that moved it is `ok`. */
export function fire(tx: Tx, fires: readonly Fire[]): FireVerdict[] {
  return fires.map((one) => {
    const mark = JSON.stringify([one.runs.map(({ id }) => id), one.ranges, one.cancels, one.nextAt]);
    const known = tx.db.get<{ revision: number; fired: string | null; pruned_to: number | null }>(
      'select revision, fired, pruned_to from schedules where name = ?',
      one.schedule,
    );
    if (known?.revision === one.revision + 1 && known.fired === mark) return 'ok';
    if (known?.revision !== one.revision) return 'moved';
    tx.db.run(
      'update schedules set revision = revision + 1, next_at = ?, fired = ? where name = ?',
      one.nextAt,
      mark,
      one.schedule,
    );
    for (const run of one.cancels) cancelOverlapped(tx, run, one.schedule);
    for (const run of one.runs) {
      const instant = run.scheduledAt ?? tx.now;
      if (known.pruned_to === null || instant > known.pruned_to) occur(tx, one.schedule, instant, run);
    }
    for (const range of one.ranges) addRange(tx, one.schedule, range);
    return 'ok';
  });
}

function cancelOverlapped(tx: Tx, run: RunId, schedule: string): void {
  const live = tx.db.get<{ state: string }>('select state from live where run = ?', run);
  const [actor, reason] = [`schedule ${schedule}`, 'its next occurrence is due'];
  if (live === undefined) return;
  if (live.state === 'running') post(tx, run, { kind: 'cancel', name: '', data: null, actor, reason });
  else endRun(tx, { run, state: 'cancelled', error: cancelFailure(actor, reason) });
}

/** An instant that has its run already gets no second one, whoever asks. */
function occur(tx: Tx, schedule: string, instant: number, run: Fire['runs'][number]): void {
  const first = tx.db.run(
    'insert into occurrences (schedule, instant, run) values (?, ?, ?) on conflict (schedule, instant) do nothing',
    schedule,
    instant,
    run.id,
  );
  if (first > 0) submitOne(tx, run);
}

/** Extends the last range of the schedule when it has the same reason and nothing ran in between. */
function addRange(tx: Tx, schedule: string, range: Range): void {
  const last = tx.db.get<{ first: number; last: number; reason: string }>(
    'select first, last, reason from ranges where schedule = ? order by last desc limit 1',
    schedule,
  );
  if (last?.reason === range.reason && !ranBetween(tx, schedule, last.last, range.from)) {
    tx.db.run(
      'update ranges set last = max(last, ?), count = count + ? where schedule = ? and first = ? and reason = ?',
      range.to,
      range.count,
      schedule,
      last.first,
      last.reason,
    );
    return;
  }
  tx.db.run(
    `insert into ranges (schedule, first, last, count, reason) values (?, ?, ?, ?, ?)
     on conflict (schedule, first, reason) do update set last = excluded.last, count = excluded.count`,
    schedule,
    range.from,
    range.to,
    range.count,
    range.reason,
  );
}

/** Also a run that was pruned since. */
function ranBetween(tx: Tx, schedule: string, after: number, before: number): boolean {
  const row = tx.db.get(
    `select 1 from occurrences where schedule = ?1 and instant > ?2 and instant < ?3
     union all select 1 from schedules where name = ?1 and pruned_to > ?2 limit 1`,
    schedule,
    after,
    before,
  );
  return row !== undefined;
}

/** The occurrences of runs that are pruned go with them; no instant up to the last of them is fired again. */
export function forgetOccurrences(tx: Tx, runs: readonly RunId[]): void {
  const gone = tx.db.all<{ schedule: string; instant: number }>(
    `select o.schedule, o.instant from json_each(?) j cross join runs r on r.id = j.value
     cross join occurrences o on o.schedule = r.schedule and o.instant = r.scheduled_at and o.run = r.id`,
    JSON.stringify(runs),
  );
  for (const { schedule, instant } of gone) {
    tx.db.run('delete from occurrences where schedule = ? and instant = ?', schedule, instant);
    tx.db.run('update schedules set pruned_to = max(coalesce(pruned_to, ?2), ?2) where name = ?1', schedule, instant);
  }
}
