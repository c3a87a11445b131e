/** The fenced writes of a worker: STORE §1.2. */
export const record: readonly string[] = [
  // One group of entries. 'runs' are all the runs that it names, in order. Their rows, and those of the parents of runs
  // that end, are locked in id order, then compared, then written in a fixed order: steps and tries, outcomes,
  // suspensions and hand-backs. So a parent that suspends in the group in which its child ends is queued instead of parked
  // for ever.
  //
  // 'steps' is a list of lists: within one list no step is named twice (an upsert of two must not depend on which comes
  // first), and 'born' has the child runs of each list. Answers the verdicts that are not 'ok' as rows (i, verdict).
  // Where the key of a child is busy it answers those keys as rows (busy), and nothing is done.
  `create procedure onejob_record_v1(in me $id, in runs $text, in steps $text, in born $text, in outcomes $text,
  in letting_go $text)
sql security invoker
begin
  declare busy $text;
  if born is not null then call onejob_find_busy(json_extract(born, '$[*][*]'), busy); end if;
  if busy is not null then
    select x.name busy from json_table(busy, '$[*]' columns (name $key path '$')) x;
  else
    call onejob_record(me, runs, steps, born, outcomes, letting_go);
  end if;
end`,

  `create procedure onejob_record(in me $id, in runs $text, in steps $text, in born $text, in outcomes $text,
  in letting_go $text)
sql security invoker
begin
  declare t, base bigint;
  declare found, ends, held, parents, mailed, fallen, called, lists, place int default 0;
  declare living $text;
  $begin
  -- workers before runs, as a burial locks them
  if born is not null then call onejob_lock_living(json_extract(born, '$[*][*].holder'), living); end if;
  if outcomes is not null then
    -- a parent never changes, so it may be read without a lock
    select count(*) into parents
    from json_table(outcomes, '$[*]' columns (run $id path '$.run')) e
    straight_join onejob_live l force index (primary) on l.run = e.run
    where l.parent is not null;
  end if;
  if parents > 0 then
    select count(*) into found
    from (
      select x.run from (
        select j.run from json_table(runs, '$[*]' columns (run $id path '$')) j
        union
        select l.parent from json_table(outcomes, '$[*]' columns (run $id path '$.run')) e
        straight_join onejob_live l force index (primary) on l.run = e.run
        where l.parent is not null
      ) x order by x.run limit 1000000
    ) s
    straight_join onejob_live l force index (primary) on l.run = s.run
    for update of l;
  else
    select count(*) into found
    from json_table(runs, '$[*]' columns (run $id path '$')) j
    straight_join onejob_live l force index (primary) on l.run = j.run
    for update of l;
  end if;
  set t = $now;

  if steps is not null then
    insert into onejob_step_order () values ();
    set base = last_insert_id();
    delete from onejob_step_order where id = base;
    set lists = json_length(steps);
    while place < lists do
      call onejob_write_steps(me, json_extract(steps, concat('$[', place, ']')),
        json_extract(born, concat('$[', place, ']')), living, base * 1048576, t);
      set place = place + 1;
    end while;
  end if;

  if outcomes is not null then
    select count(*), count(l.run), coalesce(sum(l.mail > 0), 0), coalesce(sum(l.parent is not null), 0),
      coalesce(sum(e.state <> 'succeeded'), 0), count(l.callbacks)
    into ends, held, mailed, parents, fallen, called
    from json_table(outcomes, '$[*]' columns (run $id path '$.run', epoch int path '$.epoch', state $word path '$.state')) e
    left join onejob_live l force index (primary) on l.run = e.run and l.worker = me and l.state = 'running' and l.epoch = e.epoch;
    if held < ends then
      -- an earlier delivery of the same outcome ended it; else stale. Before any ends: its end may come with another's
      select e.i, 'stale' verdict
      from json_table(outcomes, '$[*]' columns (i int path '$.i', run $id path '$.run', epoch int path '$.epoch',
        state $word path '$.state')) e
      left join onejob_live l force index (primary) on l.run = e.run and l.worker = me and l.state = 'running' and l.epoch = e.epoch
      left join onejob_outcomes o force index (primary) on o.run = e.run and o.epoch = e.epoch and o.state = e.state
      where l.run is null and o.run is null;
    end if;
    if held > 0 then call onejob_end(outcomes, me, mailed, parents, fallen, called, t); end if;
  end if;

  if letting_go is not null then call onejob_let_go(me, letting_go, t); end if;
  $commit;
end`,
];
