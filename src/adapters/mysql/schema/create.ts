/** Creates runs: those of a submit (protocol/claims#submit), and those that steps, outcomes and schedules bring. */
export const create: readonly string[] = [
  // Those of the workers 'ids' that are registered and not evicted, as [{ id, closed }]. Their rows stay locked against a
  // eviction and a 'reclaim'.
  `create procedure onejob_lock_living(in ids $text, out living $text)
sql security invoker
begin
  select json_arrayagg(json_object('id', w.id, 'closed', w.closed)) into living
  from (select distinct x.id from json_table(ids, '$[*]' columns (id $id path '$')) x) n
  straight_join onejob_workers w force index (primary) on w.id = n.id
  where w.evicted_at is null
  for share of w;
end`,

  // The keys of new runs that transactions of others hold, as a list, or null. Asked before a transaction of ours begins, which
  // would wait for theirs: what is there, committed or not, and what of it can be locked. Others of our own need some
  // milliseconds, so it looks again a few times. A transaction that comes between this look and ours is waited for.
  `create procedure onejob_find_busy(in items $text, out busy $text)
sql security invoker
begin
  declare done tinyint default false;
  declare looks, seen, free int default 0;
  declare one $key;
  declare given cursor for
    select distinct k.name
    from json_table(items, '$[*]' columns (run_key $key path '$.key')) n
    straight_join onejob_keys k force index (primary) on k.name = n.run_key;
  declare continue handler for not found set done = true;
  declare exit handler for sqlexception begin $rollback; resignal; end;
  looking: loop
    set transaction isolation level read uncommitted;
    start transaction;
    select count(distinct k.name) into seen
    from json_table(items, '$[*]' columns (run_key $key path '$.key')) n
    straight_join onejob_keys k force index (primary) on k.name = n.run_key;
    if seen > 0 then
      select count(distinct k.name) into free
      from json_table(items, '$[*]' columns (run_key $key path '$.key')) n
      straight_join onejob_keys k force index (primary) on k.name = n.run_key
      for share of k skip locked;
    end if;
    if free < seen and looks = 10 then
      set busy = '[]';
      open given;
      naming: loop
        fetch given into one;
        if done then leave naming; end if;
        select count(*) into free from onejob_keys k where k.name = one for share of k skip locked;
        if free = 0 then set busy = json_array_append(busy, '$', one); end if;
      end loop;
      close given;
    end if;
    $commit;
    if free >= seen or looks = 10 then leave looking; end if;
    set looks = looks + 1;
    do sleep(0.01);
  end loop;
  if json_length(busy) = 0 then set busy = null; end if;
end`,

  // Creates the runs that are new, inside the caller's transaction. 'items' are NewRuns in short (see new-run.ts) in
  // the order of their ids, 'keyed' says whether any has a key. 'made' is how many there are of them now that were not.
  // Only holders among 'living', whose rows the caller has locked, are given their runs, by a claim that they have not
  // closed: one that comes to life in between could be evicted without them.
  `create procedure onejob_create(in items $text, in keyed tinyint, in living $text, in t bigint, out made int)
sql security invoker
begin
  declare token bigint unsigned default uuid_short();
  if keyed then
    -- waits for whoever is creating the same key, in one order for all
    insert into onejob_keys (name, run, job, digest)
    select n.run_key, n.id, n.job, n.digest
    from json_table(items, '$[*]' columns (i int path '$.i', id $id path '$.id', run_key $key path '$.key',
      job $name path '$.job', digest $name path '$.digest')) n
    where n.run_key is not null order by n.run_key, n.i
    on duplicate key update run = onejob_keys.run;
  end if;
  -- statements of their own: they see the keys of those it waited for
  insert into onejob_runs (id, run_key, job, queue, cause, priority, input, args, request, timeout_ms, deadline_ms,
    max_crashes, callbacks, trace_id, parent, root, schedule, scheduled_at, created_at, due_at, born)
  select n.id, n.run_key, n.job, n.queue, n.cause, coalesce(n.priority, 0), n.input, n.args, n.request, n.timeout,
    n.deadline, n.crashes, n.callbacks, n.trace, n.parent, n.root, n.schedule, n.scheduled, t,
    coalesce(n.due, t + coalesce(n.delay, 0)), token
  from json_table(items, '$[*]' columns (id $id path '$.id', run_key $key path '$.key', job $name path '$.job',
    queue $name path '$.queue', cause $label path '$.trigger', priority int path '$.priority', input $text path '$.input',
    args $text path '$.args', request $text path '$.request', due bigint path '$.due', delay bigint path '$.delay',
    timeout bigint path '$.timeout', deadline bigint path '$.deadline', crashes int path '$.crashes',
    callbacks $label path '$.callbacks', trace $name path '$.trace', parent $id path '$.parent', root $id path '$.root', schedule $name path '$.schedule',
    scheduled bigint path '$.scheduled')) n
  left join onejob_keys k force index (primary) on k.name = n.run_key
  where n.run_key is null or k.run = n.id
  on duplicate key update id = onejob_runs.id;
  insert into onejob_live (run, job, queue, priority, due_at, state, worker, claim, node, epoch, max_crashes, root, parent,
    schedule, timeout_ms, deadline_at, callbacks, started_at, claimed_at)
  select r.id, r.job, r.queue, r.priority, r.due_at, if(w.id is null, 'queued', 'running'), coalesce(w.id, ''), if(w.id is null, null, n.claim), w.node,
    if(w.id is null, 0, 1), r.max_crashes, r.root, r.parent, r.schedule, r.timeout_ms, r.due_at + r.deadline_ms,
    r.callbacks, if(w.id is null, null, t), if(w.id is null, null, t)
  from json_table(items, '$[*]' columns (id $id path '$.id', run_key $key path '$.key', holder $id path '$.holder',
    claim bigint path '$.claim')) n
  left join onejob_keys k force index (primary) on k.name = n.run_key
  straight_join onejob_runs r force index (primary) on r.id = n.id and r.born = token
  left join (
    json_table(living, '$[*]' columns (id $id path '$.id', closed bigint path '$.closed')) h
    straight_join onejob_workers w force index (primary) on w.id = h.id
  ) on h.id = n.holder and h.closed < n.claim
  -- Asked before r is looked for: in a transaction of a user that repeats its reads, a row that is not there is locked as a
  -- gap, and that gap is where all others create their runs.
  where n.run_key is null or k.run = n.id
  on duplicate key update run = onejob_live.run;
  set made = row_count();
end`,

  // Creates the runs that are new, 'size' of them, in the transaction that is open; 'holders' are the workers that they
  // name, [{ id, claim }], with the earliest claim that they name of each. Answers nothing when each is new and
  // held as wished (the usual case); else for all of them (i, verdict, run, run_key, job), and (i, state) of those that have one.
  `create procedure onejob_submit(in items $text, in size int, in keyed tinyint, in holders $text)
sql security invoker
begin
  declare made int;
  declare passed_over int default 0;
  declare living $text;
  if holders is not null then
    call onejob_lock_living(json_extract(holders, '$[*].id'), living);
    select count(*) into passed_over
    from json_table(holders, '$[*]' columns (id $id path '$.id', claim bigint path '$.claim')) n
    left join json_table(coalesce(living, '[]'), '$[*]' columns (id $id path '$.id', closed bigint path '$.closed')) h
      on h.id = n.id and h.closed < n.claim
    where h.id is null;
  end if;
  call onejob_create(items, keyed, living, $now, made);
  if made <> size or passed_over > 0 then
    -- locked, because a transaction of the user may look at an older snapshot
    select n.i, case
        when n.run_key is null or k.run = n.id then 'created'
        when k.job = n.job and k.digest <=> n.digest then 'existing'
        else 'conflict' end verdict,
      coalesce(k.run, n.id) run, n.run_key, coalesce(k.job, n.job) job
    from json_table(items, '$[*]' columns (i int path '$.i', id $id path '$.id', run_key $key path '$.key',
      job $name path '$.job', digest $name path '$.digest')) n
    left join onejob_keys k force index (primary) on k.name = n.run_key
    for share of k;
    -- not locked: a run has one of the two rows, and the gap of the other is where all others create or end theirs
    select n.i, coalesce(l.state, o.state) state
    from json_table(items, '$[*]' columns (i int path '$.i', id $id path '$.id', run_key $key path '$.key')) n
    left join onejob_keys k force index (primary) on k.name = n.run_key
    left join onejob_live l force index (primary) on l.run = coalesce(k.run, n.id)
    left join onejob_outcomes o force index (primary) on o.run = coalesce(k.run, n.id)
    where coalesce(l.state, o.state) is not null;
  end if;
end`,

  `create procedure onejob_submit_v1(in items $text, in size int, in keyed tinyint, in holders $text)
sql security invoker
begin
  declare busy $text;
  if keyed then call onejob_find_busy(items, busy); end if;
  if busy is not null then
    select x.name busy from json_table(busy, '$[*]' columns (name $key path '$')) x;
  else
    begin
      $begin
      call onejob_submit(items, size, keyed, holders);
      $commit;
    end;
  end if;
end`,

  // Submits inside a transaction of the user, all of it or nothing: a failure takes back what it did so far, so that
  // the user may still commit the rest. It answers the id of the store, too. Without an open transaction the savepoint
  // is not kept, and releasing it fails.
  `create procedure onejob_submit_within_v1(in items $text, in size int, in keyed tinyint, in holders $text)
sql security invoker
begin
  declare exit handler for sqlexception
  begin
    begin
      -- after a deadlock the server has rolled back the whole transaction, and there is no savepoint
      declare continue handler for 1305 begin end;
      rollback to savepoint onejob_submit;
    end;
    resignal;
  end;
  begin
    declare exit handler for 1305
      signal sqlstate '45000' set mysql_errno = 31201, message_text = 'no transaction is open';
    savepoint onejob_probe;
    release savepoint onejob_probe;
  end;
  savepoint onejob_submit;
  call onejob_submit(items, size, keyed, holders);
  release savepoint onejob_submit;
  select id store from onejob_meta;
end`,
];
