import { settings } from './settings.ts';

/** Schedules: protocol/schedules#fire. */
export const schedule = /* sql */ `
-- Declares the schedules [{ name, job, spec, next }] of an app. A version older than the newest that declared any
-- changes nothing, the same definition changes no instant, another goes on from the instant that is given.
create function plan_v1(of_app text, of_version text, of_order text, items json) returns void language plpgsql volatile
${settings}
as $$
begin
  perform check_isolation();
  insert into apps as had (name, version, version_order) values (of_app, of_version, of_order)
  on conflict (name) do update set version = excluded.version, version_order = excluded.version_order
  where had.version_order <= excluded.version_order;
  if not found then return; end if;
  insert into schedules as had (name, app, job, spec, revision, next_at, declared_at)
  select distinct on (x.name) x.name, of_app, x.job, x.spec, 1, x.next, now_ms()
  from json_to_recordset(items) x(name text, job text, spec text, next bigint) order by x.name
  on conflict (name) do update set
    app = excluded.app, declared_at = excluded.declared_at, job = excluded.job, spec = excluded.spec,
    revision = case when (had.spec, had.job) = (excluded.spec, excluded.job) then had.revision
      else had.revision + 1 end,
    next_at = case when (had.spec, had.job) = (excluded.spec, excluded.job) then had.next_at
      else excluded.next_at end,
    fired = case when (had.spec, had.job) = (excluded.spec, excluded.job) then had.fired end;
end $$;

-- Fires [{ i, schedule, revision, runs, ranges, cancels, next }]: each advances its schedule and creates its runs and
-- ranges, or, when the revision moved, does nothing. An instant that has its run already, or had one that was pruned
-- since, gets no second one. Answers
-- the places of those that moved; a repeat of the very fire that moved a schedule is none of them.
create function fire_v1(fires json) returns json language plpgsql volatile
${settings}
as $$
declare
  f record;
  known schedules;
  mark text;
  runs json;
  cancelled text[];
  moved integer[] := '{}';
  t bigint;
begin
  perform check_isolation();
  perform from schedules where name in (select x.schedule from json_to_recordset(fires) x(schedule text))
  order by name for no key update;
  perform living(holders_of(r.runs)) from (
    select json_agg(r) runs from json_to_recordset(fires) x(runs json), json_array_elements(x.runs) r) r;
  cancelled := array(select json_array_elements_text(x.cancels) from json_to_recordset(fires) x(cancels json));
  if cancelled <> '{}' then perform lock_runs(cancelled, cancelled, true); end if;
  for f in
    select x.* from json_to_recordset(fires) x(
      i integer, schedule text, revision bigint, runs json, ranges json, cancels json, next bigint) order by x.i
  loop
    t := now_ms();
    mark := md5(concat_ws(' ', f.runs, f.ranges, f.cancels, f.next));
    select * into known from schedules s where s.name = f.schedule;
    if known.revision = f.revision + 1 and known.fired = mark then continue; end if;
    if known.revision is distinct from f.revision then
      moved := moved || f.i;
      continue;
    end if;
    update schedules s set revision = s.revision + 1, next_at = f.next, fired = mark where s.name = f.schedule;
    perform cancel_overlapped(f.schedule, array(select json_array_elements_text(f.cancels)), t);
    with occurred as (
      insert into occurrences (schedule, instant, run)
      select f.schedule, coalesce(x.scheduled, t), x.id
      from json_to_recordset(f.runs) x(id text, scheduled bigint)
      where known.pruned_to is null or coalesce(x.scheduled, t) > known.pruned_to
      on conflict (schedule, instant) do nothing
      returning run
    )
    select json_agg(r) into runs from json_array_elements(f.runs) r where r->>'id' in (select run from occurred);
    if runs is not null then perform create_v1(runs, json_array_length(runs), true, holders_of(runs)); end if;
    perform add_range(f.schedule, r."from", r."to", r.count, r.reason)
    from json_to_recordset(f.ranges) r("from" bigint, "to" bigint, count bigint, reason text);
  end loop;
  return to_json(moved);
end $$;

-- Cancels runs that the overlap policy gives up: at once where nobody holds them, else by mailbox item.
create function cancel_overlapped(of_schedule text, ids text[], t bigint) returns void language plpgsql volatile
as $$
declare
  actor text := 'schedule ' || of_schedule;
  reason text := 'its next occurrence is due';
  posts json;
  ends json;
begin
  if ids = '{}' then return; end if;
  select json_agg(json_build_object('i', 0, 'run', l.run, 'kind', 'cancel', 'name', '', 'actor', actor,
      'reason', reason)) filter (where l.state = 'running'),
    json_agg(json_build_object('run', l.run, 'state', 'cancelled', 'error', cancel_failure(actor, reason)))
      filter (where l.state <> 'running')
  into posts, ends
  from (select run, state from live where run = any(ids) order by run) l;
  if posts is not null then perform post(posts, t); end if;
  if ends is not null then perform end_runs(ends, null, null, t); end if;
end $$;

-- Extends the last range of the schedule when it has the same reason and nothing ran in between; else adds one.
create function add_range(of_schedule text, starts bigint, ends bigint, times bigint, why text)
returns void language plpgsql volatile
as $$
declare
  newest ranges;
begin
  select * into newest from ranges r where r.schedule = of_schedule order by r.last desc limit 1;
  if newest.reason = why and not exists (
    select from occurrences o where o.schedule = of_schedule and o.instant > newest.last and o.instant < starts
  ) and not exists (select from schedules s where s.name = of_schedule and s.pruned_to > newest.last) then
    update ranges r set last = greatest(r.last, ends), count = r.count + times
    where r.schedule = of_schedule and r.first = newest.first and r.reason = why;
  else
    insert into ranges (schedule, first, last, count, reason) values (of_schedule, starts, ends, times, why)
    on conflict (schedule, first, reason) do update set last = excluded.last, count = excluded.count;
  end if;
end $$;
`;
