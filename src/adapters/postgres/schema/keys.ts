/** Who has a key: what `create_v1` asks first. */
export const keys = /* sql */ `
-- Gives keys that are free to the new runs that wish them, 'wished' wishes of which 'made' were granted; the others stay with
-- their runs until this call has answered.
create function keep_keys(items json, out wished integer, out made integer) language plpgsql volatile
as $$
declare
  there integer;
  given_keys text[];
begin
  loop
    -- waits for whoever is creating the same key, in one order for all
    with given as materialized (
      select n.* from json_to_recordset(items) n(i integer, id text, key text, job text, digest text)
      where n.key is not null
    ), kept as (
      insert into keys (key, run, job, digest)
      select g.key, g.id, g.job, g.digest from given g order by g.key collate "C", g.i
      on conflict (key) do nothing
      returning key
    )
    select (select count(*) from given), (select count(*) from kept), array(select distinct g.key from given g)
    into wished, made, given_keys;
    exit when made = wished;
    -- Those that were there before stay until this call has answered. One that is being freed is waited for, and new.
    select count(*) into there
    from (select from keys k where k.key = any(given_keys) order by k.key for key share) k;
    exit when there = cardinality(given_keys);
  end loop;
end $$;

-- The same without waiting for transactions of others, but for the moment that one of ours may take: raises OJ004 with the
-- keys that are busy, so that nothing of this call is left. Whoever wished the others asks for them anew.
create function keep_free_keys(items json, out wished integer, out made integer) language plpgsql volatile
set lock_timeout = '100ms'
as $$
declare
  busy text[];
begin
  select k.wished, k.made into wished, made from keep_keys(items) k;
exception when lock_not_available then
  busy := busy_keys(items);
  if busy = '{}' then
    raise exception using errcode = 'serialization_failure', message = 'a key was busy for a moment';
  end if;
  raise exception using errcode = 'OJ004', message = to_json(busy)::text;
end $$;

-- Which keys would have to be waited for. What it takes to find out is undone by its caller.
create function busy_keys(items json) returns text[] language plpgsql volatile
set lock_timeout = '1ms'
as $$
declare
  given record;
  busy text[] := '{}';
begin
  for given in
    select distinct on (n.key collate "C") n.* from json_to_recordset(items) n(i integer, id text, key text, job text, digest text)
    where n.key is not null order by n.key collate "C", n.i
  loop
    begin
      insert into keys (key, run, job, digest) values (given.key, given.id, given.job, given.digest)
      on conflict (key) do nothing;
      perform from keys k where k.key = given.key for key share;
    exception when lock_not_available then
      busy := array_append(busy, given.key);
    end;
  end loop;
  return busy;
end $$;
`;
