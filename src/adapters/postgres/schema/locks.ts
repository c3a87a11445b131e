/**
 * One order for all who lock, so that none waits for another who waits for it: schedules, workers, live rows, outcomes,
 * each by name or id. Whoever ends runs locks all whose rows change with that before the first change.
 */
export const locks = /* sql */ `
-- Whose rows change with these runs when they end without success or come to life again: their parents, who are told,
-- and all that is unfinished below them.
create function kin_of(runs text[]) returns text[] language plpgsql volatile
as $$
begin
  return array(
    with recursive below(run) as (
      select l.run from live l where l.parent = any(runs)
      union
      select l.run from below b join live l on l.parent = b.run
    )
    select run from below
    -- a parent never changes, so it may be read without a lock
    union select r.parent from runs r where r.id = any(runs) and r.parent is not null);
end $$;

-- Locks the runs 'named', and the kin of those that are 'falling', in the order of their ids. Who of them is born or comes
-- to life while this waits is locked as well, but not waited for: else the order would be broken. Where that fails, and
-- everywhere if not 'waits', the call ends as after a deadlock and is made again, without the second that the server
-- takes to find one.
create function lock_runs(named text[], falling text[], waits boolean) returns void language plpgsql volatile
as $$
declare
  wanted text[] := named || kin_of(falling);
  locked text[] := '{}';
  got integer;
begin
  if waits then
    locked := array(select l.run from live l where l.run = any(wanted) order by l.run for no key update);
    wanted := named || kin_of(falling);
  end if;
  loop
    wanted := array(
      select l.run from (select w from unnest(wanted) w except select d from unnest(locked) d) x join live l on l.run = x.w);
    exit when wanted = '{}';
    select count(*) into got
    from (select from live l where l.run = any(wanted) order by l.run for no key update skip locked) l;
    if got < cardinality(wanted) then
      raise exception 'another has locked a run that was born meanwhile' using errcode = 'serialization_failure';
    end if;
    locked := locked || wanted;
    wanted := kin_of(falling);
  end loop;
end $$;
`;
