/**
 * One order for all who lock, so that none waits for another who waits for it: schedules, workers, live rows, outcomes,
 * each by name or id. Whoever ends runs locks all whose rows change with that before the first change, by primary keys:
 * who locks through another index has its entry before the row, and who deletes the row has it the other way round.
 */
export const locks: readonly string[] = [
  // Whose rows change with these runs when they end without success or come to life again: their parents, who are told,
  // and all that is unfinished below them. Generation by generation: servers end a recursion after a thousand. Nothing
  // here locks.
  `create procedure onejob_kin(in runs $text, out kin $text)
sql security invoker
begin
  declare below $text default runs;
  -- a parent never changes, so it may be read without a lock
  select json_arrayagg(x.parent) into kin
  from (
    select r.parent from json_table(coalesce(runs, '[]'), '$[*]' columns (run $id path '$')) j
    straight_join onejob_runs r force index (primary) on r.id = j.run where r.parent is not null
  ) x;
  while below is not null do
    select json_arrayagg(x.run) into below
    from (
      select l.run from json_table(below, '$[*]' columns (run $id path '$')) p
      straight_join onejob_live l force index (by_parent) on l.parent = p.run
    ) x;
    if below is not null then set kin = json_merge_preserve(coalesce(kin, '[]'), below); end if;
  end while;
end`,

  // Locks the runs 'named', and the kin of those that are 'falling' (null: none), in the order of their ids. Who of them
  // is born or comes to life while this waits is locked as well, but not waited for: else the order would be broken. Where
  // that fails, and everywhere if not 'waits', the call ends as after a deadlock and is made again.
  `create procedure onejob_lock_runs(in named $text, in falling $text, in waits tinyint)
sql security invoker
begin
  declare wanted, kin, locked $text;
  declare got, missing int;
  call onejob_kin(falling, kin);
  set wanted = json_merge_preserve(coalesce(named, '[]'), coalesce(kin, '[]')), locked = '[]';
  if waits then
    select json_arrayagg(l.run) into locked
    from (
      select distinct x.run from json_table(wanted, '$[*]' columns (run $id path '$')) x order by x.run limit 1000000
    ) s
    straight_join onejob_live l force index (primary) on l.run = s.run
    for update of l;
    call onejob_kin(falling, kin);
    set wanted = json_merge_preserve(coalesce(named, '[]'), coalesce(kin, '[]')), locked = coalesce(locked, '[]');
  end if;
  locking: loop
    select count(*), json_arrayagg(x.run) into missing, wanted
    from (
      select distinct w.run from json_table(coalesce(wanted, '[]'), '$[*]' columns (run $id path '$')) w
      straight_join onejob_live l force index (primary) on l.run = w.run
      where w.run not in (select d.run from json_table(locked, '$[*]' columns (run $id path '$')) d)
    ) x;
    if missing = 0 then leave locking; end if;
    select count(*) into got
    from (select x.run from json_table(wanted, '$[*]' columns (run $id path '$')) x order by x.run limit 1000000) s
    straight_join onejob_live l force index (primary) on l.run = s.run
    for update of l skip locked;
    if got < missing then
      signal sqlstate '40001' set mysql_errno = 1213, message_text = 'another has locked a run that was born meanwhile';
    end if;
    set locked = json_merge_preserve(locked, wanted);
    call onejob_kin(falling, wanted);
  end loop;
end`,

  // Locks what is left of those of these runs that have ended, so that nobody prunes them or has them run again.
  `create procedure onejob_lock_outcomes(in runs $text)
sql security invoker
begin
  declare got int;
  select count(*) into got
  from (select distinct x.run from json_table(runs, '$[*]' columns (run $id path '$')) x order by x.run limit 1000000) s
  straight_join onejob_outcomes o force index (primary) on o.run = s.run
  for update of o;
end`,
];
