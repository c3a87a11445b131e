import { settings } from './settings.ts';

/** Handing out due runs: STORE §5 `claim`. */
export const claim = /* sql */ `
-- Gives each due run of the lanes [{ queue, jobs, free }] to at most one worker, in the order priority, due, age;
-- 'tree' (null: all) restricts to these roots. The first row says now and when the next run is due (columns 'now' and
-- 'next'); then one row a claim.
--
-- For each job one seek for each priority that exists, then a range of due runs: what is due later, paused, or of a job that
-- this worker does not know is never walked over. Candidates are read without locks, a few more than wanted; locks are
-- taken in their order until there are enough, and rows that another claimer has locked are passed by.
create function claim_v1(me text, lanes json, tree text[]) returns table (
  now bigint, next bigint, id text, epoch integer, job text, key text, trigger text, input text, args text,
  request text, attempt integer, crashes integer, generation integer, priority integer, trace_id text, parent text,
  root text, scheduled_at bigint, created_at bigint, timeout_ms bigint, deadline_at bigint, output_seq integer, steps integer,
  mail integer, letters json
) language plpgsql volatile
${settings}
as $$
#variable_conflict use_column
declare
  t bigint := now_ms();
  label text;
  lane record;
  open_jobs text[];
  got text[];
  had text[];
  members text[];
  class_jobs text[];
  class_priorities integer[];
  found_count integer;
  width integer;
  soon bigint;
  earliest bigint;
begin
  select w.node into label from workers w where w.id = me and w.buried_at is null for key share;
  if label is null then
    return query select t, null::bigint, null::text, null::integer, null::text, null::text, null::text, null::text,
      null::text, null::text, null::integer, null::integer, null::integer, null::integer, null::text, null::text,
      null::text, null::bigint, null::bigint, null::bigint, null::bigint, null::integer, null::integer, null::integer, null::json;
    return;
  end if;
  had := '{}';
  for lane in
    select x.queue, x.free, array(
      select j from unnest(x.jobs) j where not exists (
        select from pauses p where p.type = 'job' and p.name = j and (p.until is null or p.until > t))) jobs
    from json_to_recordset(lanes) x(queue text, jobs text[], free integer)
    where not exists (
      select from pauses p where p.type = 'queue' and p.name = x.queue and (p.until is null or p.until > t))
      -- What a process was asked for itself (tree) it does, also on a node that is drained.
      and (tree is not null or not exists (
        select from pauses p where p.type = 'node' and p.name = label and (p.until is null or p.until > t)))
  loop
    if tree is not null then
      members := array(select l.run from live l where l.run = any(tree)
        union select l.run from live l where l.root = any(tree));
      with locked as (
        select l.run from live l
        where l.run = any(members) and l.state <> 'running' and l.queue = lane.queue and l.job = any(lane.jobs)
          and l.due_at <= t
        order by l.priority desc, l.due_at, l.run limit lane.free for no key update skip locked
      )
      select array(select run from locked) into got;
      had := had || take(got, me, label, t);
      select min(l.due_at) into soon from live l
      where l.run = any(members) and l.state <> 'running' and l.queue = lane.queue and l.job = any(lane.jobs);
      earliest := least(earliest, soon);
      continue;
    end if;

    with recursive classes as (
      select j.job, (select l.priority from live l where l.queue = lane.queue and l.job = j.job and l.worker is null
        order by l.priority desc limit 1) priority
      from unnest(lane.jobs) j(job)
      union all
      select c.job, (select l.priority from live l where l.queue = lane.queue and l.job = c.job and l.worker is null
        and l.priority < c.priority order by l.priority desc limit 1)
      from classes c where c.priority is not null
    )
    select array_agg(c.job), array_agg(c.priority) into class_jobs, class_priorities
    from classes c where c.priority is not null;
    continue when class_jobs is null;

    width := 2 * lane.free + 16;
    loop
      with candidates as materialized (
        select d.run, c.priority, d.due_at
        from unnest(class_jobs, class_priorities) c(job, priority) cross join lateral (
          select l.run, l.due_at from live l
          where l.queue = lane.queue and l.job = c.job and l.priority = c.priority and l.worker is null
            and l.due_at <= t
          order by l.due_at, l.run limit width) d
        order by c.priority desc, d.due_at, d.run limit width
      ), locked as materialized (
        select l.run from (select * from candidates order by priority desc, due_at, run) c
        cross join lateral (
          -- not 'worker is null': that would allow the index of the line, which knows no way to a run
          select l.run from live l where l.run = c.run and l.state <> 'running' for no key update skip locked) l
        limit lane.free
      )
      select array(select run from locked), count(*), min(c.due_at) filter (where c.run not in (select run from locked))
      into got, found_count, soon
      from candidates c;
      had := had || take(got, me, label, t);
      lane.free := lane.free - cardinality(got);
      exit when lane.free <= 0 or found_count < width or width > 100000;
      width := width * 4;
    end loop;
    if soon is null then
      -- beyond now: so it does not walk over what was taken just before and is not cleaned up yet
      select min((select l.due_at from live l where l.queue = lane.queue and l.job = c.job
        and l.priority = c.priority and l.worker is null and l.due_at > t order by l.due_at limit 1)) into soon
      from unnest(class_jobs, class_priorities) c(job, priority);
    end if;
    earliest := least(earliest, soon);
  end loop;
  -- a pause that ends by itself is an instant to look again
  select least(earliest, min(p.until)) into earliest from pauses p
  where p.until > t and exists (
    select from json_to_recordset(lanes) x(queue text, jobs text[])
    where p.type = 'queue' and p.name = x.queue or p.type = 'job' and p.name = any(x.jobs)
      or p.type = 'node' and p.name = label);

  return query
  select t, earliest, null::text, null::integer, null::text, null::text, null::text, null::text,
    null::text, null::text, null::integer, null::integer, null::integer, null::integer, null::text, null::text,
    null::text, null::bigint, null::bigint, null::bigint, null::bigint, null::integer, null::integer, null::integer, null::json;
  if had = '{}' then return; end if;
  return query
  select null::bigint, null::bigint, r.id, l.epoch, r.job, r.key, r.trigger, r.input, r.args, r.request, l.attempt,
    l.crashes, l.generation, l.priority, r.trace_id, r.parent, r.root, r.scheduled_at, r.created_at, l.timeout_ms, l.deadline_at,
    case when l.epoch = 1 then 0
      else coalesce((select o.seq from output o where o.run = l.run order by o.seq desc limit 1), 0) end,
    case when l.epoch = 1 then 0 else (select count(*)::integer from steps s where s.run = l.run) end,
    l.mail, case when l.mail > 0 then unread(l.run) end
  from live l cross join lateral (select * from runs r where r.id = l.run limit 1) r
  where l.run = any(had)
  order by l.priority desc, l.due_at, l.run;
end $$;

-- Hands locked runs to a worker; answers them.
create function take(runs text[], me text, label text, t bigint) returns text[] language plpgsql volatile
as $$
begin
  if runs <> '{}' then
    update live l set state = 'running', worker = me, node = label, epoch = l.epoch + 1, claimed_at = t,
      started_at = coalesce(l.started_at, t), waiting_for = null
    where l.run = any(runs);
  end if;
  return runs;
end $$;

-- Letters that no step has taken yet, in order.
create function unread(of_run text) returns json language plpgsql stable
as $$
begin
  return (select json_agg(json_build_object('n', n, 'kind', kind, 'name', name, 'data', data, 'actor', actor,
    'reason', reason, 'at', at) order by n)
  from letters where run = of_run and consumed_by is null);
end $$;
`;
