import { settings } from './settings.ts';

/** Handing out due runs: STORE §5 `claim`. */
export const claim = /* sql */ `
-- Gives each due run of the lanes [{ queue, jobs, free }] to at most one worker, in the order priority, due, age;
-- 'tree' (null: all) restricts to these roots. The first row says now and when the next run is due (columns 'now' and
-- 'next'); then one row a claim.
--
-- For each job one seek per priority that exists, then a range of due runs: what is due later, paused, or of a job that
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
  loop
    width := 2 * lane.free + 16;
    while lane.free > 0 and tree is null loop
      with recursive classes as (
        select j.job, (select l.priority from live l where l.queue = lane.queue and l.job = j.job and l.worker is null
          order by l.priority desc limit 1) priority
        from unnest(lane.jobs) j(job)
        union all
        select c.job, (select l.priority from live l where l.queue = lane.queue and l.job = c.job and l.worker is null
          and l.priority < c.priority order by l.priority desc limit 1)
        from classes c where c.priority is not null
      ), candidates as materialized (
        select d.run, c.priority, d.due_at from classes c cross join lateral (
          select l.run, l.due_at from live l
          where l.queue = lane.queue and l.job = c.job and l.priority = c.priority and l.worker is null
            and l.due_at <= t
          order by l.due_at, l.run limit width) d
        where c.priority is not null
        order by c.priority desc, d.due_at, d.run limit width
      ), locked as (
        select l.run from (select * from candidates order by priority desc, due_at, run) c
        cross join lateral (
          select l.run from live l where l.run = c.run and l.worker is null for no key update skip locked) l
        limit lane.free
      ), taken as (
        update live l set state = 'running', worker = me, node = label, epoch = l.epoch + 1, claimed_at = t,
          started_at = coalesce(l.started_at, t), waiting_for = null
        where l.run = any(array(select run from locked))
        returning l.run
      )
      select array(select run from taken), (select count(*) from candidates) into got, found_count;
      had := had || got;
      lane.free := lane.free - cardinality(got);
      exit when found_count < width or width > 100000;
      width := width * 4;
    end loop;
    if tree is not null and lane.free > 0 then
      with locked as (
        select l.run from live l
        where (l.run = any(tree) or l.root = any(tree)) and l.worker is null and l.queue = lane.queue
          and l.job = any(lane.jobs) and l.due_at <= t
        order by l.priority desc, l.due_at, l.run limit lane.free for no key update skip locked
      ), taken as (
        update live l set state = 'running', worker = me, node = label, epoch = l.epoch + 1, claimed_at = t,
          started_at = coalesce(l.started_at, t), waiting_for = null
        where l.run = any(array(select run from locked))
        returning l.run
      )
      select array(select run from taken) into got;
      had := had || got;
    end if;
    if tree is null then
      with recursive classes as (
        select j.job, (select l.priority from live l where l.queue = lane.queue and l.job = j.job and l.worker is null
          order by l.priority desc limit 1) priority
        from unnest(lane.jobs) j(job)
        union all
        select c.job, (select l.priority from live l where l.queue = lane.queue and l.job = c.job and l.worker is null
          and l.priority < c.priority order by l.priority desc limit 1)
        from classes c where c.priority is not null
      )
      select min((select l.due_at from live l where l.queue = lane.queue and l.job = c.job
        and l.priority = c.priority and l.worker is null and l.due_at is not null
        order by l.due_at, l.run limit 1)) into soon
      from classes c where c.priority is not null;
    else
      select min(l.due_at) into soon from live l
      where (l.run = any(tree) or l.root = any(tree)) and l.worker is null and l.queue = lane.queue
        and l.job = any(lane.jobs);
    end if;
    earliest := least(earliest, soon);
  end loop;
  -- a pause that ends by itself is an instant to look again
  select least(earliest, min(p.until)) into earliest from pauses p
  where p.until > t and exists (
    select from json_to_recordset(lanes) x(queue text, jobs text[])
    where p.type = 'queue' and p.name = x.queue or p.type = 'job' and p.name = any(x.jobs));

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

-- Letters that no step has taken yet, in order.
create function unread(of_run text) returns json language plpgsql stable
as $$
begin
  return (select json_agg(json_build_object('n', n, 'kind', kind, 'name', name, 'data', data, 'actor', actor,
    'reason', reason, 'at', at) order by n)
  from letters where run = of_run and consumed_by is null);
end $$;
`;
