/**
 * Finds out whose rows are to be locked beside those that the group names. Workers come before runs, as an eviction locks
 * them. Sets: living, retried (children that are retried), requested (runs whose cancel comes with this), falling (with
 * these), parents (how many of those that end have one).
 */
const findKin = `
  if born is not null then
    call onejob_lock_living(json_extract(born, '$[*][*].holder'), living);
    select json_arrayagg(s.child) into retried
    from json_table(born, '$[*][*]' columns (run $id path '$.of', step $step path '$.step', again int path '$.again')) g
    straight_join onejob_steps s force index (primary) on s.run = g.run and s.step = g.step
    where g.again is not null and s.child is not null;
  end if;
  if letting_go is not null then call onejob_ends_of_cancelled(json_extract(letting_go, '$[*].run'), requested); end if;
  if falling is not null or retried is not null or requested is not null then
    set falling = json_merge_preserve(coalesce(falling, '[]'), coalesce(retried, '[]'),
      coalesce(json_extract(requested, '$[*].run'), '[]'));
  end if;
  if outcomes is not null then
    -- a parent never changes, so it may be read without a lock
    select count(*) into parents
    from json_table(outcomes, '$[*]' columns (run $id path '$.run')) e
    straight_join onejob_live l force index (primary) on l.run = e.run
    where l.parent is not null;
  end if;`;

/** Locks all of them in id order. Reads: runs, falling, outcomes, parents. */
const lockRuns = `
  if falling is not null then
    select json_arrayagg(x.run) into wanted
    from (
      select j.run from json_table(runs, '$[*]' columns (run $id path '$')) j
      union
      select l.parent from json_table(coalesce(outcomes, '[]'), '$[*]' columns (run $id path '$.run')) e
      straight_join onejob_live l force index (primary) on l.run = e.run
      where l.parent is not null
    ) x;
    call onejob_lock_runs(wanted, falling, 1);
  elseif parents > 0 then
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
  end if;`;

/** Locks what comes into it only now. Reads: letting_go, retried. Sets: requested. */
const lockLate = `
  if letting_go is not null then
    -- somebody may have asked while this waited
    call onejob_ends_of_cancelled(json_extract(letting_go, '$[*].run'), requested);
    if requested is not null then call onejob_lock_runs(null, json_extract(requested, '$[*].run'), 0); end if;
  end if;
  if retried is not null then
    call onejob_lock_outcomes(retried);
    call onejob_lock_runs(retried, retried, 0);
  end if;`;

/** Writes steps and tries, list by list. */
const writeSteps = `
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
  end if;`;

/** Ends those that the worker still holds, and answers `stale` for the others. */
const writeOutcomes = `
  if outcomes is not null then
    select count(*), count(l.run), coalesce(sum(l.mailbox_seq > 0), 0), coalesce(sum(l.parent is not null), 0),
      coalesce(sum(e.state <> 'succeeded'), 0), count(l.callbacks)
    into ends, held, with_mailbox, parents, fallen, called
    from json_table(outcomes, '$[*]' columns (run $id path '$.run', epoch int path '$.epoch', state $label path '$.state')) e
    left join onejob_live l force index (primary) on l.run = e.run and l.worker = me and l.state = 'running' and l.epoch = e.epoch;
    if held < ends then
      -- an earlier delivery of the same outcome ended it; else stale. Before any ends: its end may come with another's
      select e.i, 'stale' verdict
      from json_table(outcomes, '$[*]' columns (i int path '$.i', run $id path '$.run', epoch int path '$.epoch',
        state $label path '$.state')) e
      left join onejob_live l force index (primary) on l.run = e.run and l.worker = me and l.state = 'running' and l.epoch = e.epoch
      left join onejob_outcomes o force index (primary) on o.run = e.run and o.epoch = e.epoch and o.state = e.state
      where l.run is null and o.run is null;
    end if;
    if held > 0 then call onejob_end(outcomes, me, with_mailbox, parents, fallen, called, t); end if;
  end if;`;

/** The fenced writes of a worker: protocol/claims#fencing. */
export const record: readonly string[] = [
  // One group of entries. 'runs' are all the runs that it names, in order, 'falling' those that end without success.
  // Their rows, those of the parents of runs that end, and the kin of runs that fall, are locked in id order, then
  // compared, then written in a fixed order: steps and tries, outcomes, suspensions and hand-backs. So a parent that
  // suspends in the group in which its child ends is queued instead of parked for ever.
  //
  // 'steps' is a list of lists: within one list no step is named twice (an upsert of two must not depend on which comes
  // first), and 'born' has the child runs of each list. Answers the verdicts that are not 'ok' as rows (i, verdict).
  // Where the key of a child is busy it answers those keys as rows (busy), and nothing is done.
  `create procedure onejob_record_v1(in me $id, in runs $text, in steps $text, in born $text, in outcomes $text,
  in falling $text, in letting_go $text)
sql security invoker
begin
  declare busy $text;
  if born is not null then call onejob_find_busy(json_extract(born, '$[*][*]'), busy); end if;
  if busy is not null then
    select x.name busy from json_table(busy, '$[*]' columns (name $key path '$')) x;
  else
    call onejob_record(me, runs, steps, born, outcomes, falling, letting_go);
  end if;
end`,

  `create procedure onejob_record(in me $id, in runs $text, in steps $text, in born $text, in outcomes $text,
  in falling $text, in letting_go $text)
sql security invoker
begin
  declare t, base bigint;
  declare found, ends, held, parents, with_mailbox, fallen, called, lists, place int default 0;
  declare living, retried, requested, wanted $text;
  $begin
  ${findKin}
  ${lockRuns}
  ${lockLate}
  set t = $now;
  ${writeSteps}
  ${writeOutcomes}
  if letting_go is not null then call onejob_let_go(me, letting_go, t); end if;
  $commit;
end`,
];
