/** The runs that go, a row each, for `from`. */
const each = "json_table(gone, '$[*]' columns (run $id path '$')) g";

/**
 * Finds runs to delete, state by state: by age, and by number. Reads: policy, most, t. Sets: gone, count_gone.
 */
const chooseVictims = `
  while place < json_length(policy) and count_gone < most do
    select max(p.state), max(p.ms), max(p.runs) into of_state, kept_ms, kept_runs
    from json_table(json_extract(policy, concat('$[', place, ']')), '$' columns (state $label path '$.state',
      ms bigint path '$.ms', runs bigint path '$.runs')) p;
    -- walks over as many entries of the index as runs may stay, not over the table; a SET would lock them all
    select max(x.run) into edge from (
      select o.run from onejob_outcomes o force index (by_state) where o.state = of_state order by o.run desc limit kept_runs, 1) x;
    set size = most - count_gone;
    select json_arrayagg(x.run), count(*) into victims, size
    from (
      select y.run from (
        (select o.run from onejob_outcomes o force index (by_end) straight_join onejob_runs r force index (primary) on r.id = o.run
         where o.state = of_state and o.finished_at < t - kept_ms
           and not $is_read_o
         order by o.finished_at, o.run limit size)
        union
        (select o.run from onejob_outcomes o force index (by_state) straight_join onejob_runs r force index (primary) on r.id = o.run
         where o.state = of_state and o.run <= edge
           and not $is_read_o
         order by o.run limit size)
      ) y order by y.run limit size
    ) x;
    if victims is not null then
      set gone = json_merge_preserve(coalesce(gone, '[]'), victims);
      set count_gone = count_gone + size;
    end if;
    set place = place + 1;
  end while;`;

/**
 * Locks them in id order and looks again: a run that was revived in between is no longer there, and its parent and
 * children stay. Reads and sets: gone. Sets: count_gone, and total, the bytes of their outputs.
 */
const lockVictims = `
  set count_gone = 0;
  set total = 0;
  if gone is not null then
    select count(*) into locked
    from (select g.run from ${each} order by g.run limit 1000000) g
    straight_join onejob_outcomes o force index (primary) on o.run = g.run
    for update of o;
    select count(*), coalesce(sum(x.size), 0), json_arrayagg(x.run) into count_gone, total, gone
    from (
      select o.run, coalesce(length(o.output), 0) size
      from ${each}
      straight_join onejob_outcomes o force index (primary) on o.run = g.run
      straight_join onejob_runs r force index (primary) on r.id = o.run
      where not $is_read_o
    ) x;
  end if;`;

/** Adds the bytes of inputs and logs to `total`. */
const weighVictims = `
    select total + coalesce(sum(length(r.input)), 0) into total
    from ${each} straight_join onejob_runs r force index (primary) on r.id = g.run;
    select total + coalesce(sum(length(o.bytes)), 0) into total
    from ${each} straight_join onejob_output o force index (primary) on o.run = g.run;`;

/** Deletes their occurrences, so that no instant of a schedule up to them is fired again. Before the keys, as a fire does it. */
const deleteOccurrences = `
    select count(*) into locked
    from (
      select distinct r.schedule name
      from ${each} straight_join onejob_runs r force index (primary) on r.id = g.run
      where r.schedule is not null order by r.schedule limit 100000
    ) x straight_join onejob_schedules s force index (primary) on s.name = x.name
    for update of s;
    if locked > 0 then
      update (
        select o.schedule, max(o.instant) latest
        from ${each}
        straight_join onejob_runs r force index (primary) on r.id = g.run
        straight_join onejob_occurrences o force index (primary) on o.schedule = r.schedule and o.instant = r.scheduled_at
        where o.run = r.id group by o.schedule
      ) f straight_join onejob_schedules s force index (primary) on s.name = f.schedule
      set s.pruned_to = greatest(coalesce(s.pruned_to, f.latest), f.latest);
      delete o from ${each}
      straight_join onejob_runs r force index (primary) on r.id = g.run
      straight_join onejob_occurrences o force index (primary) on o.schedule = r.schedule and o.instant = r.scheduled_at
      where o.run = r.id;
    end if;`;

/** Deletes the rows that hang on them, and at last their own. */
const deleteRows = `
    delete k from ${each}
    straight_join onejob_runs r force index (primary) on r.id = g.run
    straight_join onejob_keys k force index (primary) on k.name = r.run_key
    where k.run = r.id;
    delete x from ${each} straight_join onejob_output x force index (primary) on x.run = g.run;
    delete x from ${each} straight_join onejob_steps x force index (primary) on x.run = g.run;
    delete x from ${each} straight_join onejob_mailbox x force index (primary) on x.run = g.run;
    delete x from ${each} straight_join onejob_actions x force index (primary) on x.run = g.run;
    delete x from ${each} straight_join onejob_outcomes x force index (primary) on x.run = g.run;
    delete x from ${each} straight_join onejob_runs x force index (primary) on x.id = g.run;`;

/** Deletes what is beyond the policy: protocol/claims#retention. */
export const prune: readonly string[] = [
  // Deletes at most 'most' finished runs that are too old, or too many of their state, with all that hangs on them, and
  // workers evicted more than a day ago. A run stays whose end somebody may yet read: its parent, or a child, which may be
  // its callback. The occurrence of a run goes with it, and no instant of the schedule up to it is fired again. 'policy'
  // is [{ state, ms, runs }]. Answers (runs, bytes).
  `create procedure onejob_prune_v1(in policy $text, in most int)
sql security invoker
begin
  declare t bigint;
  declare place, count_gone, locked int default 0;
  declare kept_ms, kept_runs, size, total bigint default 0;
  declare of_state $label;
  declare edge $id;
  declare gone, victims $text;
  $begin
  set t = $now;
  delete from onejob_workers where evicted_at < t - 86400000 and id <> '';
  ${chooseVictims}
  ${lockVictims}
  if gone is not null then
    ${weighVictims}
    ${deleteOccurrences}
    ${deleteRows}
  end if;
  $commit;
  select count_gone runs, total bytes;
end`,
];
