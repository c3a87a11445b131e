import { settings } from './settings.ts';

/** Deletes what is beyond the policy: protocol/claims#retention. */
export const prune = /* sql */ `
-- Whether somebody may yet read how a run has ended: its parent, or a child, which may be its callback.
create function is_read(of_run text, parent text) returns boolean language plpgsql volatile
as $$
begin
  return exists (select from live l where l.run = is_read.parent) or exists (select from live l where l.parent = of_run);
end $$;

-- Deletes at most 'most' finished runs that are too old, or too many of their state, with all that hangs on them, and
-- workers evicted more than a day ago. The occurrence of a run goes with it, and no instant of the schedule up to it is
-- fired again. 'policy' is [{ state, ms, runs }]. Answers { runs, bytes }.
create function prune_v1(policy json, most integer) returns json language plpgsql volatile
${settings}
as $$
declare
  t bigint := now_ms();
  p record;
  edge text;
  victims text[];
  gone text[] := '{}';
  total bigint;
begin
  perform check_isolation();
  delete from workers where evicted_at < t - 86400000;
  for p in select * from json_to_recordset(policy) x(state text, ms bigint, runs bigint) loop
    exit when cardinality(gone) >= most;
    -- walks over as many entries of the index as runs may stay, not over the table
    select o.run into edge from outcomes o where o.state = p.state order by o.run desc offset p.runs limit 1;
    select array(
      select run from (
        (select o.run from outcomes o join runs r on r.id = o.run
         where o.state = p.state and o.finished_at < t - p.ms
           and not is_read(o.run, r.parent)
         order by o.finished_at, o.run limit most - cardinality(gone))
        union
        (select o.run from outcomes o join runs r on r.id = o.run
         where o.state = p.state and o.run <= edge
           and not is_read(o.run, r.parent)
         order by o.run limit most - cardinality(gone))
      ) x order by run limit most - cardinality(gone)
    ) into victims;
    gone := gone || victims;
  end loop;
  -- a run that was revived in between is no longer there, and its parent and children stay
  perform from outcomes where run = any(gone) order by run for update;
  with deleted as (
    delete from outcomes o using runs r
    where o.run = any(gone) and r.id = o.run and not is_read(o.run, r.parent)
    returning o.run, octet_length(o.output) size
  )
  select coalesce(array_agg(run), '{}'), coalesce(sum(size), 0) into gone, total from deleted;
  if gone = '{}' then return json_build_object('runs', 0, 'bytes', 0); end if;
  -- before the keys: as a fire does it
  perform from schedules s where s.name in (select r.schedule from runs r where r.id = any(gone))
  order by s.name for no key update;
  with freed as (
    delete from occurrences o using runs r
    where r.id = any(gone) and o.schedule = r.schedule and o.instant = r.scheduled_at and o.run = r.id
    returning o.schedule, o.instant
  )
  update schedules s set pruned_to = greatest(s.pruned_to, f.latest)
  from (select schedule, max(instant) latest from freed group by schedule) f where s.name = f.schedule;
  with slices as (
    delete from output where run = any(gone) returning octet_length(output.bytes) size
  ), records as (
    delete from runs where id = any(gone) returning id, key, octet_length(input) size
  ), freed as (
    delete from keys k using records r where k.key = r.key and k.run = r.id
  )
  select total + coalesce((select sum(size) from slices), 0) + coalesce((select sum(size) from records), 0)
  into total;
  delete from steps where run = any(gone);
  delete from mailbox where run = any(gone);
  delete from actions where run = any(gone);
  return json_build_object('runs', cardinality(gone), 'bytes', total);
end $$;
`;
