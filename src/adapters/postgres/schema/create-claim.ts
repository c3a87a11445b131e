import { ofSlice, readySlices } from './ready-slice.ts';
import { settings } from './settings.ts';

/** Creating runs for a worker that asks for work in the same moment. */
export const createClaim = /* sql */ `
-- create_v1, then claim_v1, in one call with one answer: { now, next, cursor, taken, answers, claims }. 'taken' says that
-- nothing was looked for: the runs were born held by the worker 'me', but for those that 'answers' tell of otherwise.
--
-- That is so where each of them would be what the claim finds first: the caller says 'takes' (they name the worker as
-- their holder, are due at once, of jobs that it knows, and there is room for all), nothing is paused, and no run of the
-- jobs is due. It costs half of finding them again, and leaves no dead entry in the index of the line.
create function create_claim_v1(
  items json, size integer, keyed boolean, takes boolean, me text, number bigint, terms json, free integer, turn bigint, tree text[],
  seen json, whole boolean
) returns json language plpgsql volatile
${settings}
as $$
declare
  t bigint := now_ms();
  jobs text[];
  soon bigint;
  made json;
begin
  perform check_isolation();
  if takes and not exists (select from live l where l.suspect = 1 and l.worker is null) and not exists (
    select from pauses p where p.type <> 'schedule' and (p.until is null or p.until > t)
  ) then
    jobs := array(select x.name from json_to_recordset(terms) x(name text));
    if exists (
      select from unnest(jobs) j(job)
      cross join lateral (select from live l where l.suspect = 0 and l.job = j.job and l.worker is null limit 1) f
    ) then
      with recursive ${readySlices('jobs', 0)}
      select min((select l.due_at from live l where ${ofSlice({ job: 'c.job', queue: 'c.queue', priority: 'c.priority' })} order by l.due_at limit 1)) into soon
      from slices c;
    end if;
    if soon is null or soon > t then
      made := create_v1(items, size, keyed, array[me], t, false);
      return json_build_object('now', t, 'next', soon, 'taken', true, 'answers', made);
    end if;
  end if;
  -- a holder that the caller wished for the claim's sake is passed over; one that the run itself names has it
  made := create_v1(items, size, keyed, case when takes then '{}' else holders_of(items) end, t, false);
  return (
    select json_build_object('now', min(c.now), 'next', min(c.next), 'cursor', min(c.cursor), 'answers', made,
      'claims', json_agg(c) filter (where c.id is not null))
    from claim_v1(me, number, terms, free, turn, tree, seen, whole) c);
end $$;
`;
