import { claims, clock, columns } from './reclaim.ts';
import { settings } from './settings.ts';

/** Runs of one line of work (a job, a queue, a priority) that nobody holds nor suspects, in the order of `live_line`. */
const ofSlice = (slice: { job: string; queue: string; priority: string }): string =>
  `l.suspect = 0 and l.job = ${slice.job} and l.queue = ${slice.queue} and l.priority = ${slice.priority} and l.worker is null`;
const sliceOfC = ofSlice({ job: 'c.job', queue: 'c.queue', priority: 'c.priority' });
const onlySlice = ofSlice({ job: 'class_jobs[1]', queue: 'class_queues[1]', priority: 'class_priorities[1]' });

/**
 * Whether a row may be claimed, to be asked of the row that is locked: since it was found another may have claimed it,
 * or put it off. A claim comes by line, so job, queue and priority hold; they never change. Not `worker is null`: that
 * would allow the index of the line, which knows no way to a run. One suspect run at most: `doubt`, if any.
 */
const isClaimable = `l.state <> 'running' and l.due_at <= t and (l.suspect = 0 or l.run = doubt)`;

/** Handing out due runs. */
export const claim = /* sql */ `
-- Gives each due run of the jobs 'terms' [{ name, timeout, deadline, crashes, callbacks }] to at most one worker, at most
-- 'free' in all: of each queue in the order priority, due, age, and of queues with due runs one each in turn, beginning
-- with the one at the place 'turn'. 'tree' (null: all) restricts to these roots. The first row says now and when the
-- next run is due (columns 'now' and 'next'); then one row a claim, with null for what is usual (an epoch or attempt of
-- 1, any other number of 0): what is not there is neither written nor parsed.
--
-- For each job one seek for each queue and priority that exists, then a range of due runs: what is due later, paused, or
-- of a job that this worker does not know is never walked over. Where that is one line, its runs are locked as they are
-- found. Else candidates are read without locks, a few more than wanted, and locks are taken in their order until there
-- are enough. Rows that another claimer has locked are passed by.
--
-- While a transaction is held open, what was taken since cannot be cleaned up, and each claim walks over all of it
-- before it comes to what is due. A claim that met much of that says so in the column 'cursor' of the first row: the
-- lines that it knows, and the instant before which it left nothing due. Given back as 'seen' the next claims look at
-- these lines from there on. What comes to lie before it or in another line (a late commit, an instant in the past, the
-- end of a pause) is found by those that are 'whole', as the caller makes some.
create function claim_v1(me text, number bigint, terms json, free integer, turn bigint, tree text[], seen json, whole boolean)
returns table (${columns}) language plpgsql volatile
${settings}
as $$
#variable_conflict use_column
declare
  t bigint := now_ms();
  label text;
  open_jobs text[];
  shut text[];
  got text[];
  had text[] := '{}';
  members text[];
  class_jobs text[];
  class_queues text[];
  class_priorities integer[];
  found_count integer;
  width integer;
  is_one boolean;
  soon bigint;
  earliest bigint;
  wanted integer := free;
  always constant bigint := -9223372036854775808;
  since bigint := always;
  view text;
  doubt text;
  doubt_queue text;
  doubt_priority integer;
  doubt_due bigint;
begin
  perform check_isolation();
  select w.node into label from workers w where w.id = me and w.evicted_at is null and w.closed < number for key share;
  if label is null then
    return query ${clock('null::bigint, null::text')};
    return;
  end if;
  -- made twice it takes once
  had := array(select l.run from live l where l.worker = me and l.claim = number);
  if had <> '{}' then
    return query ${clock('null::bigint, null::text')};
    return query ${claims('l.run = any(had)')};
    return;
  end if;
  open_jobs := array(
    select x.name from json_to_recordset(terms) x(name text) where not exists (
      select from pauses p where p.type = 'job' and p.name = x.name and (p.until is null or p.until > t)));
  shut := array(
    select p.name from pauses p where p.type = 'queue' and (p.until is null or p.until > t));
  -- What a process was asked for itself (tree) it does, also on a node that is drained.
  if tree is null and exists (
    select from pauses p where p.type = 'node' and p.name = label and (p.until is null or p.until > t)
  ) then
    open_jobs := '{}';
  end if;

  -- Of the suspect runs the first is looked for, where the worker holds none. One seek says that there is none.
  if exists (select from live l where l.suspect = 1 and l.worker is null)
    and not exists (select from live l where l.suspect = 1 and l.worker = me) then
    select f.run, f.queue, f.priority, f.due_at into doubt, doubt_queue, doubt_priority, doubt_due
    from first_suspect(open_jobs, shut, tree, t) f;
  end if;

  if tree is not null then
    members := array(select l.run from live l where l.run = any(tree)
      union select l.run from live l where l.root = any(tree));
    with locked as (
      select l.run from live l
      where l.run = any(members) and l.queue <> all(shut) and l.job = any(open_jobs) and ${isClaimable}
      order by l.priority desc, l.due_at, l.run limit free for no key update skip locked
    )
    select array(select run from locked) into got;
    had := take(got, me, number, label, terms, t);
    select min(l.due_at) into earliest from live l
    where l.run = any(members) and l.state <> 'running' and l.queue <> all(shut) and l.job = any(open_jobs);
  elsif not whole then
    since := (seen->>'since')::bigint;
    select array_agg(c.job), array_agg(c.queue), array_agg(c.priority)
    into class_jobs, class_queues, class_priorities
    from json_to_recordset(seen->'slices') c(job text, queue text, priority integer)
    where c.job = any(open_jobs) and c.queue <> all(shut);
  else
    with recursive classes as (
      select j.job, f.queue, f.priority
      from unnest(open_jobs) j(job) cross join lateral (
        select l.queue, l.priority from live l where l.suspect = 0 and l.job = j.job and l.worker is null
        order by l.queue, l.priority desc limit 1) f
      union all
      select c.job, n.queue, n.priority
      from classes c cross join lateral (
        (select l.queue, l.priority from live l where l.suspect = 0 and l.job = c.job and l.worker is null
          and l.queue = c.queue and l.priority < c.priority order by l.queue, l.priority desc limit 1)
        union all
        (select l.queue, l.priority from live l where l.suspect = 0 and l.job = c.job and l.worker is null
          and l.queue > c.queue order by l.queue, l.priority desc limit 1)
        order by queue limit 1) n
    )
    select array_agg(c.job), array_agg(c.queue), array_agg(c.priority)
    into class_jobs, class_queues, class_priorities
    from (
      select job, queue, priority from classes
      union
      select job, queue, priority from json_to_recordset(seen->'slices') k(job text, queue text, priority integer)
      where k.job = any(open_jobs)
    ) c
    where c.queue <> all(shut);
  end if;

  if tree is null then
    if cardinality(class_jobs) = 1 and doubt is null then
      -- one line: its index has the order, so rows are locked as they are found
      got := array(
        select l.run from live l
        where ${onlySlice} and l.due_at between since and t
        order by l.due_at, l.run limit free for no key update skip locked);
      if cardinality(got) < free then
        select l.due_at into soon from live l
        where ${onlySlice} and l.due_at between since and t
        order by l.due_at, l.run offset cardinality(got) limit 1;
      else
        select d.due_at into soon from live e cross join lateral (
          select l.due_at from live l
          where ${onlySlice} and l.due_at <= t and (l.due_at, l.run) > (e.due_at, e.run)
          order by l.due_at, l.run limit 1) d
        where e.run = got[cardinality(got)];
      end if;
      had := take(got, me, number, label, terms, t);
    end if;
    is_one := coalesce(class_queues[1] = all(class_queues) and class_queues[1] = coalesce(doubt_queue, class_queues[1]),
      false);
    width := free + 16;
    while cardinality(class_jobs) > 1 or doubt is not null loop
      if is_one then
        with candidates as materialized (
          select d.run, c.priority, d.due_at
          from unnest(class_jobs, class_queues, class_priorities) c(job, queue, priority) cross join lateral (
            select l.run, l.due_at from live l
            where ${sliceOfC} and l.due_at between since and t
            order by l.due_at, l.run limit width) d
          union all
          select doubt, doubt_priority, doubt_due where doubt is not null
          order by priority desc, due_at, run limit width
        ), locked as materialized (
          select l.run from (select * from candidates order by priority desc, due_at, run) c
          cross join lateral (
            select l.run from live l where l.run = c.run and ${isClaimable} for no key update skip locked) l
          limit free
        )
        select array(select run from locked), count(*),
          min(c.due_at) filter (where c.run not in (select run from locked))
        into got, found_count, soon
        from candidates c;
      else
        -- the same in another order: 'place' within its queue, then 'seat' of the queue, from the one whose turn it is
        with due as materialized (
          select d.run, d.queue, d.due_at,
            row_number() over (partition by d.queue order by d.priority desc, d.due_at, d.run) place
          from (
            select d.run, c.queue, c.priority, d.due_at
            from unnest(class_jobs, class_queues, class_priorities) c(job, queue, priority) cross join lateral (
              select l.run, l.due_at from live l
              where ${sliceOfC} and l.due_at between since and t
              order by l.due_at, l.run limit width) d
            union all
            select doubt, doubt_queue, doubt_priority, doubt_due where doubt is not null
          ) d
        ), queues as materialized (
          select q.queue, mod(row_number() over (order by q.queue) - 1 - mod(turn, count(*) over ()) + count(*) over (),
            count(*) over ()) seat
          from (select distinct queue from due) q
        ), candidates as materialized (
          select d.run, d.due_at, d.place, q.seat from due d join queues q on q.queue = d.queue
          order by d.place, q.seat limit width
        ), locked as materialized (
          select l.run from (select * from candidates order by place, seat) c
          cross join lateral (
            select l.run from live l where l.run = c.run and ${isClaimable} for no key update skip locked) l
          limit free
        )
        select array(select run from locked), count(*),
          min(c.due_at) filter (where c.run not in (select run from locked))
        into got, found_count, soon
        from candidates c;
      end if;
      had := had || take(got, me, number, label, terms, t);
      free := free - cardinality(got);
      exit when free <= 0 or found_count < width or width > 100000;
      width := width * 4;
    end loop;
    if soon is null then
      -- beyond now: so it does not walk over what was taken just before and is not cleaned up yet
      select min((select l.due_at from live l where ${sliceOfC} and l.due_at > t order by l.due_at limit 1)) into soon
      from unnest(class_jobs, class_queues, class_priorities) c(job, queue, priority);
    end if;
    earliest := soon;
    if (not whole or pg_stat_get_xact_tuples_returned('live_slice'::regclass) > 1000 + 8 * cardinality(had))
      and cardinality(class_jobs) between 1 and 100 then
      if cardinality(had) < wanted then
        since := t - 2000; -- a commit takes its time after its runs were due
      elsif cardinality(class_jobs) = 1 then
        select l.due_at into since from live l where l.run = had[cardinality(had)];
      end if;
      if since > always then
        select json_build_object('since', since, 'slices', json_agg(c)) into view
        from unnest(class_jobs, class_queues, class_priorities) c(job, queue, priority);
      end if;
    end if;
  end if;
  -- a pause that ends by itself is an instant to look again
  select least(earliest, min(p.until)) into earliest from pauses p
  where p.until > t and exists (
    select from json_to_recordset(terms) x(name text)
    where p.type = 'queue' or p.type = 'job' and p.name = x.name or p.type = 'node' and p.name = label);

  return query ${clock('earliest, view')};
  if had = '{}' then return; end if;
  return query ${claims('l.run = any(had)')};
end $$;

-- Hands locked runs to a worker; answers them. Those that were asked for by name get what the job's 'terms' say, where
-- they have nothing themselves.
create function take(runs text[], me text, number bigint, label text, terms json, t bigint) returns text[] language plpgsql volatile
as $$
begin
  if runs <> '{}' then
    with known as materialized (
      select x.* from json_to_recordset(terms) x(
        name text, timeout bigint, deadline bigint, crashes integer, callbacks text)
    )
    update live l set state = 'running', worker = me, claim = number, node = label, epoch = l.epoch + 1, claimed_at = t,
      started_at = coalesce(l.started_at, t), waiting_for = null,
      timeout_ms = case when l.callbacks = 'unknown' and l.timeout_ms is null
        then (select k.timeout from known k where k.name = l.job) else l.timeout_ms end,
      deadline_at = case when l.callbacks = 'unknown' and l.deadline_at is null
        then l.due_at + (select k.deadline from known k where k.name = l.job) else l.deadline_at end,
      job_deadline_ms = case when l.callbacks = 'unknown'
        then (select k.deadline from known k where k.name = l.job) else l.job_deadline_ms end,
      max_crashes = case when l.callbacks = 'unknown'
        then (select k.crashes from known k where k.name = l.job) else l.max_crashes end,
      callbacks = case when l.callbacks = 'unknown'
        then (select k.callbacks from known k where k.name = l.job) else l.callbacks end
    where l.run = any(runs);
  end if;
  return runs;
end $$;
`;
