import { ofSlice, readySlices } from './ready-slice.ts';

/**
 * Parts of `claim_v1`, which has their variables. Each says what it does, what it reads and what it sets. They are parts
 * of one function and not functions of their own, so that the server keeps one plan for each query and copies no arrays.
 */

const ofSliceC = ofSlice({ job: 'c.job', queue: 'c.queue', priority: 'c.priority' });
const ofOnlySlice = ofSlice({ job: 'slice_jobs[1]', queue: 'slice_queues[1]', priority: 'slice_priorities[1]' });

/** The slices, a row each, for `from`. */
const slices = 'unnest(slice_jobs, slice_queues, slice_priorities) c(job, queue, priority)';

/**
 * Whether a row may be claimed, to be asked of the row that is locked: since it was found another may have claimed it,
 * or put it off. A claim comes by slice, so job, queue and priority hold; they never change. Not `worker is null`: that
 * would allow the index of the slice, which knows no way to a run. One suspect run at most: `suspect_run`, if any.
 */
export const isClaimable = `l.state <> 'running' and l.due_at <= t and (l.suspect = 0 or l.run = suspect_run)`;

/**
 * Finds the slices to look at. A claim that is not `whole` takes those of its cursor, and its instant; a whole one finds
 * all that exist, and those of its cursor too, whose runs may all be held for the moment.
 *
 * Reads: whole, seen, open_jobs, paused_queues. Sets: slice_jobs, slice_queues, slice_priorities, since.
 */
export const findSlices = `
  if not whole then
    since := (seen->>'since')::bigint;
    select array_agg(c.job), array_agg(c.queue), array_agg(c.priority)
    into slice_jobs, slice_queues, slice_priorities
    from json_to_recordset(seen->'slices') c(job text, queue text, priority integer)
    where c.job = any(open_jobs) and c.queue <> all(paused_queues);
  else
    with recursive ${readySlices('open_jobs', 0)}
    select array_agg(c.job), array_agg(c.queue), array_agg(c.priority)
    into slice_jobs, slice_queues, slice_priorities
    from (
      select job, queue, priority from slices
      union
      select job, queue, priority from json_to_recordset(seen->'slices') k(job text, queue text, priority integer)
      where k.job = any(open_jobs)
    ) c
    where c.queue <> all(paused_queues);
  end if;`;

/**
 * Claims from the only slice there is: its index has the order, so rows are locked as they are found.
 *
 * Reads: the slice, since, free. Sets: taken, and soon, when the first run is due that was not taken.
 */
export const claimOnlySlice = `
      got := array(
        select l.run from live l
        where ${ofOnlySlice} and l.due_at between since and t
        order by l.due_at, l.run limit free for no key update skip locked);
      if cardinality(got) < free then
        select l.due_at into soon from live l
        where ${ofOnlySlice} and l.due_at between since and t
        order by l.due_at, l.run offset cardinality(got) limit 1;
      else
        select d.due_at into soon from live e cross join lateral (
          select l.due_at from live l
          where ${ofOnlySlice} and l.due_at <= t and (l.due_at, l.run) > (e.due_at, e.run)
          order by l.due_at, l.run limit 1) d
        where e.run = got[cardinality(got)];
      end if;
      taken := take(got, me, number, label, terms, t);`;

/** The first `width` due runs of each slice, for `from`, with these columns of the slice. */
const firstOfEach = (columns: string): string => `
            select d.run, ${columns}, d.due_at
            from ${slices} cross join lateral (
              select l.run, l.due_at from live l
              where ${ofSliceC} and l.due_at between since and t
              order by l.due_at, l.run limit width) d`;

/** Locks candidates in this order until there are enough. Sets: got, found_count, soon. */
const lockInOrder = (order: string): string => `
        locked as materialized (
          select l.run from (select * from candidates order by ${order}) c
          cross join lateral (
            select l.run from live l where l.run = c.run and ${isClaimable} for no key update skip locked) l
          limit free
        )
        select array(select run from locked), count(*),
          min(c.due_at) filter (where c.run not in (select run from locked))
        into got, found_count, soon
        from candidates c;`;

/** The candidates are of one queue: the order is priority, due, age. */
const lockInOneQueue = `
        with candidates as materialized (
          ${firstOfEach('c.priority')}
          union all
          select suspect_run, suspect_priority, suspect_due where suspect_run is not null
          order by priority desc, due_at, run limit width
        ), ${lockInOrder('priority desc, due_at, run')}`;

/** They are of several: `place` is that within its queue, then `seat` that of the queue, from the one whose turn it is. */
const lockInTurn = `
        with due as materialized (
          select d.run, d.queue, d.due_at,
            row_number() over (partition by d.queue order by d.priority desc, d.due_at, d.run) place
          from (
            ${firstOfEach('c.queue, c.priority')}
            union all
            select suspect_run, suspect_queue, suspect_priority, suspect_due where suspect_run is not null
          ) d
        ), queues as materialized (
          select q.queue, mod(row_number() over (order by q.queue) - 1 - mod(turn, count(*) over ()) + count(*) over (),
            count(*) over ()) seat
          from (select distinct queue from due) q
        ), candidates as materialized (
          select d.run, d.due_at, d.place, q.seat from due d join queues q on q.queue = d.queue
          order by d.place, q.seat limit width
        ), ${lockInOrder('place, seat')}`;

/**
 * Claims from several slices, or beside a suspect run. Candidates are read without locks, a few more than wanted, and
 * locks are taken in their order. Where others had locked too many of them, four times as many are read.
 *
 * Reads: the slices, the suspect run, since, turn. Sets: taken, free, soon.
 */
export const claimFromSlices = `
    is_one := coalesce(
      slice_queues[1] = all(slice_queues) and slice_queues[1] = coalesce(suspect_queue, slice_queues[1]), false);
    width := free + 16;
    while cardinality(slice_jobs) > 1 or suspect_run is not null loop
      if is_one then
        ${lockInOneQueue}
      else
        ${lockInTurn}
      end if;
      taken := taken || take(got, me, number, label, terms, t);
      free := free - cardinality(got);
      exit when free <= 0 or found_count < width or width > 100000;
      width := width * 4;
    end loop;`;

/**
 * When the next run is due, where none is due that was not taken. Beyond now: so it does not walk over what was taken
 * just before and is not cleaned up yet.
 *
 * Reads: the slices. Sets: soon.
 */
export const findNextDue = `
    if soon is null then
      select min((select l.due_at from live l where ${ofSliceC} and l.due_at > t order by l.due_at limit 1)) into soon
      from ${slices};
    end if;`;

/**
 * Tells where the next claim may begin, when this one met many dead rows: the slices, and the instant before which it
 * left nothing due. A claim that did not get all that it wanted saw everything; then a commit takes its time after its runs
 * were due, and two seconds are left for that.
 *
 * Reads: the slices, taken, wanted, whole. Sets: view, or leaves it null.
 */
export const tellCursor = `
    if (not whole or pg_stat_get_xact_tuples_returned('live_slice'::regclass) > 1000 + 8 * cardinality(taken))
      and cardinality(slice_jobs) between 1 and 100 then
      if cardinality(taken) < wanted then
        since := t - 2000;
      elsif cardinality(slice_jobs) = 1 then
        select l.due_at into since from live l where l.run = taken[cardinality(taken)];
      end if;
      if since > always then
        select json_build_object('since', since, 'slices', json_agg(c)) into view
        from ${slices};
      end if;
    end if;`;
