import { settings } from './settings.ts';

/** Who is alive: protocol/liveness#heartbeats, protocol/liveness#eviction. */
export const worker = /* sql */ `
-- Adds a worker with heartbeat 0 and evicts the living ones of the node that it replaces. A repeat changes nothing: it must
-- not evict who replaced this worker in between.
create function register_worker_v1(them json) returns void language plpgsql volatile
${settings}
as $$
declare
  replaced text := them->>'replaces';
begin
  perform check_isolation();
  -- two newcomers of one node, one after the other: else neither sees the other
  if replaced is not null then
    perform pg_advisory_xact_lock(hashtextextended(format('onejob %s node %s', current_schema, replaced), 0));
  end if;
  insert into workers (id, node, slots, jobs, version, identity, registered_at)
  values (them->>'id', them->>'node', (them->>'slots')::integer, them->>'jobs', them->>'version', them->>'identity', now_ms())
  on conflict (id) do nothing;
  if not found or replaced is null then return; end if;
  perform evict_workers(array(
    select id from workers where node = replaced and id <> them->>'id' and evicted_at is null), null, false);
end $$;

-- Raises the counter; answers whether there is one: not of a worker that is evicted or unknown.
create function heartbeat_v1(me text, new_load double precision, new_stalled boolean) returns boolean
language plpgsql volatile
${settings}
as $$
begin
  perform check_isolation();
  update workers set heartbeat = heartbeat + 1, load = coalesce(new_load, load), stalled = coalesce(new_stalled, stalled)
  where id = me and evicted_at is null;
  return found;
end $$;

-- Marks workers as evicted and takes their runs: queued again in their old place with epoch + 1 and, if 'counted', one
-- crash more where it is suspect or was alone; cancelled where somebody has asked for it, failed at the limit of crashes,
-- and where 'counted' suspect from then on. 'seen' (null: any): the counter as it was seen. Answers the runs
-- as { worker: [run] }. A claim on its way is waited for, a later one finds the target.
create function evict_workers(ids text[], seen bigint, counted boolean) returns json language plpgsql volatile
as $$
declare
  t bigint;
  dead text[];
  mine text[];
  taken json;
  cancelled json;
  failed json;
begin
  select array_agg(w.id) into dead from (
    select w.id from workers w
    where w.id = any(ids) and w.evicted_at is null
      and (seen is null or w.heartbeat = seen)
    order by w.id for update
  ) w;
  if dead is null then return null; end if;
  t := now_ms();
  update workers set evicted_at = t where id = any(dead);
  -- none of them gets a run any more
  mine := array(select l.run from live l where l.worker = any(dead));
  perform lock_runs(mine, mine, true);
  mine := array(select l.run from live l where l.worker = any(dead));
  cancelled := ends_of_cancelled(mine);
  with held as (
    update live l set state = 'queued', worker = null, epoch = l.epoch + 1,
      crashes = l.crashes + (counted and (l.suspect = 1 or cardinality(mine) = 1))::integer,
      crash_records = case when counted and (l.suspect = 1 or cardinality(mine) = 1)
        then (coalesce(l.crash_records, '[]')::jsonb ||
          jsonb_build_object('node', coalesce(l.node, ''), 'worker', l.worker))::text
        else l.crash_records end,
      suspect = greatest(l.suspect, counted::integer)
    from live before
    where before.run = l.run and l.run = any(mine)
    returning l.run, before.worker, l.crashes, l.max_crashes, l.crash_records,
      before.suspect = 1 or cardinality(mine) = 1 charged
  )
  select json_object_agg(h.worker, h.runs), json_agg(h.failed) filter (where h.failed is not null) into taken, failed
  from (
    select worker, json_agg(run order by run) runs,
      json_agg(json_build_object('run', run, 'state', 'failed', 'error', crash_failure(crash_records::json)))
        filter (where counted and charged and crashes >= max_crashes and run not in (
          select e->>'run' from json_array_elements(cancelled) e)) failed
    from held group by worker
  ) h;
  if cancelled is not null or failed is not null then
    perform end_runs((
      select json_agg(e) from (
        select e from json_array_elements(cancelled) e
        union all select e from json_array_elements(failed) x, json_array_elements(x) e
      ) ends), null, null, t);
  end if;
  return taken;
end $$;

-- The failure of a run that took down its workers once too often; it names them.
create function crash_failure(crash_records json) returns json language sql stable
as $$
  select json_build_object('code', 'RUN_CRASHED', 'message', format(
      '%s %s in a row ended while running it, without progress in between: %s',
      count(*), case count(*) when 1 then 'worker' else 'workers' end,
      string_agg(format('%s (%s)', c->>'node', c->>'worker'), ', ')),
    'data', json_build_object('workers', crash_records))
  from json_array_elements(crash_records) c
$$;

-- 'targets' are [{ i, id, heartbeat, counted }] of workers and [{ i, run, epoch, state, error }] of runs. Answers per target
-- that took something [i, [run]].
create function evict_v1(targets json) returns json language plpgsql volatile
${settings}
as $$
declare
  g record;
  taken json;
  doomed text[];
  answer json[] := '{}';
begin
  perform check_isolation();
  -- all that any of these targets may touch, in one order: workers first
  perform from workers w where w.id in (select x.id from json_to_recordset(targets) x(id text)) order by w.id for update;
  doomed := array(
    select x.run from json_to_recordset(targets) x(run text) where x.run is not null
    union select l.run from json_to_recordset(targets) x(id text) join live l on l.worker = x.id);
  perform lock_runs(doomed, doomed, true);
  for g in
    select x.* from json_to_recordset(targets) x(
      i integer, id text, heartbeat bigint, counted boolean, run text, epoch integer, state text, error json)
    order by x.i
  loop
    if g.id is not null then
      taken := evict_workers(array[g.id], g.heartbeat, g.counted)->g.id;
      if taken is not null then answer := answer || json_build_array(g.i, taken); end if;
    else
      update live set epoch = epoch + 1 where run = g.run and epoch = g.epoch and state = 'running';
      if found then
        perform end_runs(coalesce(case g.state when 'failed' then ends_of_cancelled(array[g.run]) end,
          json_build_array(json_build_object('run', g.run, 'state', g.state, 'error', g.error))), null, null, now_ms());
        answer := answer || json_build_array(g.i, json_build_array(g.run));
      end if;
    end if;
  end loop;
  return to_json(answer);
end $$;
`;
