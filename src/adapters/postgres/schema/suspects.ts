import { readySlices } from './ready-slice.ts';

/** Runs that may have ended their worker. */
export const suspects = /* sql */ `
-- The suspect run that is first among those of these jobs that are due, outside of the queues 'shut'; of a 'tree' among
-- its members. As claims do it goes from slice to slice by seeks, of which there are few.
create function first_suspect(open_jobs text[], shut text[], tree text[], t bigint)
returns table (run text, queue text, priority integer, due_at bigint) language plpgsql volatile
as $$
#variable_conflict use_column
begin
  if tree is not null then
    return query
    select l.run, l.queue, l.priority, l.due_at from live l
    where (l.run = any(tree) or l.root = any(tree)) and l.suspect = 1 and l.worker is null and l.due_at <= t
      and l.job = any(open_jobs) and l.queue <> all(shut)
    order by l.priority desc, l.due_at, l.run limit 1;
    return;
  end if;
  return query
  with recursive ${readySlices('open_jobs', 1)}
  select d.run, c.queue, c.priority, d.due_at
  from slices c cross join lateral (
    select l.run, l.due_at from live l
    where l.suspect = 1 and l.job = c.job and l.queue = c.queue and l.priority = c.priority and l.worker is null
      and l.due_at <= t
    order by l.due_at, l.run limit 1) d
  where c.queue <> all(shut)
  order by c.priority desc, d.due_at, d.run limit 1;
end $$;
`;
