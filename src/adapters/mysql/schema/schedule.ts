/** Schedules: protocol/schedules#fire. */
export const schedule: readonly string[] = [
  // Declares the schedules [{ name, job, spec, next }] of an app. A version older than the newest that declared any
  // changes nothing, the same definition changes no instant, another goes on from the instant that is given.
  `create procedure onejob_plan_v1(in of_app $name, in of_version $name, in of_order $name, in items $text)
sql security invoker
begin
  declare newest $name;
  $begin
  insert into onejob_apps (name, version, version_order) values (of_app, of_version, of_order)
  on duplicate key update
    version = if(version_order <= values(version_order), values(version), version),
    version_order = greatest(version_order, values(version_order));
  select max(version_order) into newest from onejob_apps where name = of_app;
  if newest = of_order then
    insert into onejob_schedules (name, app, job, spec, revision, next_at, declared_at)
    select x.name, of_app, x.job, x.spec, 1, x.next, $now
    from json_table(items, '$[*]' columns (name $name path '$.name', job $name path '$.job', spec $text path '$.spec',
      next bigint path '$.next')) x
    order by x.name
    -- from left to right: first what compares with the old definition
    on duplicate key update
      revision = onejob_schedules.revision + (onejob_schedules.spec <> values(spec) or onejob_schedules.job <> values(job)),
      next_at = if(onejob_schedules.spec = values(spec) and onejob_schedules.job = values(job),
        onejob_schedules.next_at, values(next_at)),
      fired = if(onejob_schedules.spec = values(spec) and onejob_schedules.job = values(job), onejob_schedules.fired, null),
      app = values(app), declared_at = values(declared_at), job = values(job), spec = values(spec);
  end if;
  $commit;
end`,

  // Due schedules with their unfinished runs, by the store's clock: (now, next), schedules, (schedule, run).
  `create procedure onejob_due_v1(in most int)
sql security invoker
begin
  declare t bigint default $now;
  declare exit handler for sqlexception begin $rollback; resignal; end;
  set transaction isolation level repeatable read;
  start transaction;
  select t now, (
    select min(s.next_at) from onejob_schedules s where s.next_at > t and not exists (
      select 1 from onejob_pauses p
      where p.type = 'schedule' and p.name = s.name and (p.ends_at is null or p.ends_at > t))
  ) next;
  select s.name, s.app, s.job, s.spec, s.revision, s.next_at, (
    select coalesce(p.reason, concat('paused by ', p.actor)) from onejob_pauses p
    where p.type = 'schedule' and p.name = s.name and (p.ends_at is null or p.ends_at > t)
  ) paused
  from onejob_schedules s where s.next_at <= t order by s.next_at, s.name limit most;
  select d.name, l.run
  from (select s.name from onejob_schedules s where s.next_at <= t order by s.next_at, s.name limit most) d
  straight_join onejob_live l force index (by_schedule) on l.schedule = d.name
  order by l.run;
  $commit;
end`,

  // Fires [{ i, schedule, revision, mark, runs, ranges, cancels, next }]: each advances its schedule and creates its runs
  // and ranges, or, when the revision moved, does nothing. 'mark' is the digest of what it says. Answers the places of
  // those that moved as rows (i); a repeat of the very fire that moved a schedule is none of them.
  `create procedure onejob_fire_v1(in fires $text)
sql security invoker
begin
  declare done tinyint default false;
  declare place, locked int;
  declare seen, found, next bigint;
  declare of_schedule $name;
  declare mark, found_mark $id;
  declare runs, ranges, cancels, cancelled $text;
  declare fire cursor for
    select f.i, f.schedule, f.revision, f.mark, f.runs, f.ranges, f.cancels, f.next
    from json_table(fires, '$[*]' columns (i int path '$.i', schedule $name path '$.schedule', revision bigint path '$.revision',
      mark $id path '$.mark', runs $text path '$.runs', ranges $text path '$.ranges', cancels $text path '$.cancels',
      next bigint path '$.next')) f
    order by f.i;
  declare continue handler for not found set done = true;
  $begin
  select count(*) into locked
  from (
    select distinct f.name from json_table(fires, '$[*]' columns (name $name path '$.schedule')) f order by f.name limit 100000
  ) f straight_join onejob_schedules s force index (primary) on s.name = f.name
  for update of s;
  select json_arrayagg(c.run) into cancelled
  from json_table(fires, '$[*]' columns (cancels $text path '$.cancels')) f,
    json_table(f.cancels, '$[*]' columns (run $id path '$')) c;
  if cancelled is not null then call onejob_lock_runs(cancelled, cancelled, 1); end if;
  open fire;
  firing: loop
    set done = false;
    fetch fire into place, of_schedule, seen, mark, runs, ranges, cancels, next;
    if done then leave firing; end if;
    select max(s.revision), max(s.fired) into found, found_mark from onejob_schedules s where s.name = of_schedule;
    if found = seen then
      update onejob_schedules s set s.revision = s.revision + 1, s.next_at = next, s.fired = mark where s.name = of_schedule;
      call onejob_occur(of_schedule, runs, ranges, cancels, $now);
    elseif not (found <=> seen + 1 and found_mark <=> mark) then
      select place i;
    end if;
  end loop;
  close fire;
  $commit;
end`,

  // What a fire brings: cancels of the overlap policy, at once where nobody holds the run, else by mailbox item; runs, but an
  // instant that has its run already, or had one that was pruned since, gets no second one; ranges.
  `create procedure onejob_occur(in of_schedule $name, in runs $text, in ranges $text, in cancels $text, in t bigint)
sql security invoker
begin
  declare place, made int default 0;
  declare first_at, last_at, times bigint;
  declare pruned bigint default (select s.pruned_to from onejob_schedules s where s.name = of_schedule);
  declare why $label;
  declare target $id;
  declare item, living, ends $text;
  if runs is not null then call onejob_lock_living(json_extract(runs, '$[*].holder'), living); end if;
  if json_length(cancels) > 0 then
    while place < json_length(cancels) do
      set target = json_unquote(json_extract(cancels, concat('$[', place, ']')));
      if exists (select 1 from onejob_live l where l.run = target and l.state = 'running') then
        call onejob_post(target, 'cancel', '', null, concat('schedule ', of_schedule), 'its next occurrence is due', t);
      else
        select json_array(json_object('run', target, 'state', 'cancelled', 'error', $failure_of_c)) into ends
        from (select concat('schedule ', of_schedule) actor, 'its next occurrence is due' reason) c;
        call onejob_end(ends, null, 1, 1, 1, 1, t);
      end if;
      set place = place + 1;
    end while;
  end if;
  set place = 0;
  while place < json_length(runs) do
    set item = json_extract(runs, concat('$[', place, ']'));
    set target = json_unquote(json_extract(item, '$.id'));
    set first_at = coalesce(json_extract(item, '$.scheduled'), t);
    if pruned is null or first_at > pruned then
      insert into onejob_occurrences (schedule, instant, run) values (of_schedule, first_at, target)
      on duplicate key update run = onejob_occurrences.run;
    end if;
    if exists (
      select 1 from onejob_occurrences o where o.schedule = of_schedule and o.instant = first_at and o.run = target
    ) then
      call onejob_create(concat('[', item, ']'), 1, living, t, made);
    end if;
    set place = place + 1;
  end while;
  set place = 0;
  while place < json_length(ranges) do
    set item = json_extract(ranges, concat('$[', place, ']'));
    set first_at = json_extract(item, '$.from');
    set last_at = json_extract(item, '$.to');
    set times = json_extract(item, '$.count');
    set why = json_unquote(json_extract(item, '$.reason'));
    call onejob_add_range(of_schedule, first_at, last_at, times, why);
    set place = place + 1;
  end while;
end`,

  // Extends the last range of the schedule when it has the same reason and nothing ran in between; else adds one.
  `create procedure onejob_add_range(in of_schedule $name, in starts bigint, in ends bigint, in more bigint, in why $label)
sql security invoker
begin
  declare newest_last, newest_first bigint;
  declare newest_why $label;
  select max(r.last_at) into newest_last from onejob_ranges r where r.schedule = of_schedule;
  select max(r.first_at) into newest_first from onejob_ranges r where r.schedule = of_schedule and r.last_at = newest_last;
  select max(r.reason) into newest_why from onejob_ranges r
  where r.schedule = of_schedule and r.last_at = newest_last and r.first_at = newest_first;
  if newest_why = why and not exists (
    select 1 from onejob_occurrences o where o.schedule = of_schedule and o.instant > newest_last and o.instant < starts
  ) and not exists (select 1 from onejob_schedules s where s.name = of_schedule and s.pruned_to > newest_last) then
    update onejob_ranges r set r.last_at = greatest(r.last_at, ends), r.times = r.times + more
    where r.schedule = of_schedule and r.first_at = newest_first and r.reason = why;
  else
    insert into onejob_ranges (schedule, first_at, last_at, times, reason) values (of_schedule, starts, ends, more, why)
    on duplicate key update last_at = values(last_at), times = values(times);
  end if;
end`,
];
