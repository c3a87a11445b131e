import { letGo } from './let-go.ts';
import { settings } from './settings.ts';

/** The fenced writes of a worker: protocol/claims#fencing. */
export const record = /* sql */ `
-- One group of entries. 'runs' are all the runs that it names, 'ends' and 'end_epochs' those of each outcome, 'falling'
-- those that end without success, 'leaving' those that are let go. Their rows, those of the parents of runs that end, and
-- the kin of runs that fall, are locked in id order, then compared, then written in a fixed order: steps and tries,
-- outcomes, suspensions and hand-backs. So a parent that suspends in the group in which its child ends is queued instead
-- of parked for ever.
--
-- 'steps' is a list of lists: within one list no step is named twice (an upsert cannot touch one row twice). Answers
-- the verdicts that are not 'ok' as [[i, verdict]], or null.
create function record_v1(
  me text, runs text[], steps json, children json, ends text[], end_epochs integer[], outcomes json, falling text[],
  letting_go json, leaving text[]
) returns json language plpgsql volatile
${settings}
as $$
declare
  t bigint;
  mine text[];
  epochs integer[];
  crashed text[];
  retried text[] := '{}';
  late text[];
  held integer;
  stale json := '[]';
  rejected json[] := '{}';
begin
  perform check_isolation();
  if children is not null then
    perform living(holders_of((
      select json_agg(c.child) from json_array_elements(children) l(list), json_to_recordset(l.list) c(child json)
      where c.child is not null)));
    retried := array(
      select s.child from json_array_elements(children) l(list)
      cross join json_to_recordset(l.list) c(run text, key text, again integer)
      join steps s on s.run = c.run and s.key = c.key where c.again is not null and s.child is not null);
  end if;
  falling := falling || retried || cancel_requested(leaving);
  if outcomes is not null then
    -- a parent never changes, so it may be read without a lock
    runs := runs || array(select l.parent from live l where l.run = any(ends) and l.parent is not null);
  end if;
  if falling <> '{}' then perform lock_runs(runs, falling, true); end if;
  select array_agg(l.run), array_agg(l.epoch), array_agg(l.run) filter (where l.crashes > 0 or l.suspect = 1)
  into mine, epochs, crashed
  from (
    select l.run, l.epoch, l.state, l.worker, l.crashes, l.suspect from live l
    where l.run = any(runs) order by l.run for no key update
    offset 0 -- else the comparison would go below the lock
  ) l
  where l.worker = me and l.state = 'running';
  if leaving <> '{}' then
    late := array(select r from unnest(cancel_requested(leaving)) r where r <> all(falling));
    if late <> '{}' then perform lock_runs('{}', late, false); end if;
  end if;
  if retried <> '{}' then
    perform from outcomes o where o.run = any(retried) order by o.run for update;
    perform lock_runs(retried, retried, false);
  end if;
  t := now_ms();

  if steps is not null then
    rejected := rejected || write_steps(steps, children, mine, epochs, crashed, t);
  end if;

  if outcomes is not null then
    select count(*) into held
    from unnest(ends, end_epochs) e(run, epoch) join unnest(mine, epochs) m(run, epoch) using (run, epoch);
    if held < cardinality(ends) then
      -- an earlier delivery of the same outcome ended it; else stale. Before any ends: its end may come with another's
      select coalesce(json_agg(json_build_array(o.i, 'stale')), '[]') into stale
      from json_to_recordset(outcomes) o(i integer, run text, epoch integer, state text)
      left join unnest(mine, epochs) m(run, epoch) on m.run = o.run and m.epoch = o.epoch
      where m.run is null
        and (select (e.epoch, e.state) = (o.epoch, o.state) from outcomes e where e.run = o.run) is not true;
      rejected := rejected || stale;
    end if;
    if held > 0 then perform end_runs(outcomes, mine, epochs, t); end if;
  end if;

  if letting_go is not null then
    rejected := rejected || let_go(letting_go, mine, epochs, t);
  end if;

  return (select json_agg(v) from unnest(rejected) o(list), json_array_elements(o.list) v);
end $$;

${letGo}
-- Steps and tries, list after list; answers lists of [i, verdict] that are not 'ok'. A step that is finished is never
-- changed: the same result again is 'ok', another is a 'conflict', a try of it is 'ok' without effect. The same try
-- again does not push back the instant at which it goes on. The children of a list (list n of 'children') are created
-- before its steps, or retried (those that say 'again'), unless their step is finished, or their try comes late.
create function write_steps(
  steps json, children json, mine text[], epochs integer[], crashed text[], t bigint
) returns json[] language plpgsql volatile
as $$
declare
  base bigint := nextval('step_order') * 1048576;
  list json;
  part json;
  born json;
  kids json;
  rejected json[] := '{}';
  moved text[];
begin
  for list, born in
    select s.value, children->(s.place::integer - 1) from json_array_elements(steps) with ordinality s(value, place)
  loop
    kids := '[]';
    if json_array_length(born) > 0 then
      perform act_on_run(s.child, 'retry', null, null, null, null, null, null, null, t)
      from json_to_recordset(born) c(run text, epoch integer, key text, again integer)
      join unnest(mine, epochs) m(run, epoch) on m.run = c.run and m.epoch = c.epoch
      join steps s on s.run = c.run and s.key = c.key
      where s.state = 'running' and s.tries < c.again and s.child is not null;
      select json_agg(c.child) into born
      from json_to_recordset(born) c(run text, epoch integer, key text, tries integer, child json)
      join unnest(mine, epochs) m(run, epoch) on m.run = c.run and m.epoch = c.epoch
      where c.child is not null and (select s.state <> 'running' or s.epoch = c.epoch and s.tries > c.tries
        from steps s where s.run = c.run and s.key = c.key) is not true;
      if born is not null then
        kids := coalesce(create_v1(born, json_array_length(born), true, holders_of(born), t, false), '[]');
      end if;
    end if;
    with given as materialized (
      select s.*, k.verdict is not distinct from 'conflict' as taken, coalesce(k.run, s.kid) child,
        m.run is not null as held
      from json_to_recordset(list) s(
        i integer, run text, epoch integer, key text, kind text, state text, tries integer, first_seq integer,
        output text, error text, resume bigint, after bigint, kid text, started bigint, finished bigint, item integer)
      left join unnest(mine, epochs) m(run, epoch) on m.run = s.run and m.epoch = s.epoch
      left join json_to_recordset(kids) k(i integer, verdict text, run text) on k.i = s.i
    ), written as (
      insert into steps as had (run, key, n, kind, state, epoch, tries, first_seq, output, error, resume_at, child,
        started_at, finished_at)
      select g.run, g.key, case when g.state = 'running' then 0 else base + g.i end, g.kind, g.state, g.epoch, g.tries, g.first_seq, g.output, g.error,
        case when g.after is null then g.resume else coalesce((
          select p.resume_at from steps p where p.run = g.run and p.key = g.key and p.tries = g.tries
            and p.started_at = g.started and p.output is not distinct from g.output
            and p.error is not distinct from g.error and p.state = 'running' and p.resume_at > t), t + g.after) end,
        g.child, g.started, g.finished
      from given g where g.held and not g.taken
      on conflict (run, key) do update set
        n = excluded.n, kind = excluded.kind, state = excluded.state, epoch = excluded.epoch, tries = excluded.tries,
        first_seq = excluded.first_seq, output = excluded.output, error = excluded.error,
        resume_at = case when excluded.state = 'running' then excluded.resume_at else had.resume_at end,
        child = coalesce(excluded.child, had.child),
        started_at = excluded.started_at, finished_at = excluded.finished_at
      -- not by a try that comes late, behind a later one of its attempt
      where had.state = 'running' and not (excluded.state = 'running' and had.epoch = excluded.epoch
        and had.tries > excluded.tries)
      returning had.run, had.key
    ), eaten as (
      update mailbox m set consumed_by = g.key
      from given g join written w on w.run = g.run and w.key = g.key
      where m.run = g.run and m.n = g.item
        and m.run = any(array(select g.run from given g where g.item is not null))
    )
    select array_agg(distinct w.run), json_agg(json_build_array(g.i, case
        when not g.held then 'stale' when g.taken then 'conflict' else 'finished' end)) filter (where w.run is null)
    into moved, part
    from given g left join written w on w.run = g.run and w.key = g.key;
    if part is not null then rejected := rejected || verdicts_of_finished(part, list); end if;
    if crashed is not null and moved is not null then
      update live set crashes = 0, crash_records = null, suspect = 0 where run = any(crashed) and run = any(moved);
    end if;
  end loop;
  return rejected;
end $$;

-- What became of entries whose step was finished before: compares results.
create function verdicts_of_finished(found json, list json) returns json language sql stable
as $$
  select coalesce(json_agg(json_build_array(i, verdict)) filter (where verdict <> 'ok'), '[]')
  from (
    select g.i, case
      when v.value->>1 <> 'finished' then v.value->>1
      when g.state = 'running' then 'ok'
      when s.state = g.state and s.output is not distinct from g.output then 'ok'
      else 'conflict' end verdict
    from json_array_elements(found) v
    join json_to_recordset(list) g(i integer, run text, key text, state text, output text)
      on g.i = (v.value->>0)::integer
    left join lateral (select * from steps s where s.run = g.run and s.key = g.key limit 1) s on true
  ) x
$$;
`;
