/** Who is alive: protocol/liveness#heartbeats, protocol/liveness#eviction. */
export const worker: readonly string[] = [
  // Adds a worker with heartbeat 0 and evicts the living ones of the node that it replaces. A repeat changes nothing: it must
  // not evict who replaced this worker in between. Two newcomers of one node come one after the other: each locks the
  // rows of all workers before it looks.
  `create procedure onejob_register_worker_v1(in me $id, in my_node $name, in replaced $name, in my_slots int, in my_jobs $text,
  in my_version $name, in my_identity $text)
sql security invoker
begin
  declare known int;
  declare previous_workers $text;
  $begin
  if replaced is not null then
    -- a row that is there for the time of this transaction, on which a second newcomer waits
    insert into onejob_workers (id, node, slots, jobs, version, identity, registered_at, evicted_at)
    values ('', '', 0, '[]', '', '', 0, 0) on duplicate key update evicted_at = 0;
  end if;
  select count(*) into known from onejob_workers where id = me;
  insert into onejob_workers (id, node, slots, jobs, version, identity, registered_at)
  values (me, my_node, my_slots, my_jobs, my_version, my_identity, $now)
  on duplicate key update id = onejob_workers.id;
  if known = 0 and replaced is not null then
    select json_arrayagg(w.id) into previous_workers from onejob_workers w
    where w.node = replaced and w.id <> me and w.evicted_at is null;
    if previous_workers is not null then call onejob_evict_workers(previous_workers, null, 0); end if;
  end if;
  if replaced is not null then delete from onejob_workers where id = ''; end if;
  $commit;
end`,

  // Raises the counter and answers whether there is one: not of a worker that is evicted or unknown.
  `create procedure onejob_heartbeat_v1(in me $id, in new_load double, in new_stalled tinyint)
sql security invoker
begin
  declare beaten int;
  $begin
  update onejob_workers set heartbeat = heartbeat + 1, busy = coalesce(new_load, busy), stalled = coalesce(new_stalled, stalled)
  where id = me and evicted_at is null;
  set beaten = row_count();
  $commit;
  select beaten;
end`,

  // All workers that live, as far as anybody knows, and of the runs that they hold those with a limit, which counts from
  // the claim.
  `create procedure onejob_workers_v1()
sql security invoker
begin
  select id, node, heartbeat, stalled, busy, slots, jobs, version, identity, registered_at
  from onejob_workers where evicted_at is null order by id;
  select l.worker, l.run, l.epoch, greatest(0, least(coalesce(l.timeout_ms, l.deadline_at - l.claimed_at),
    coalesce(l.deadline_at - l.claimed_at, l.timeout_ms))) limit_ms
  from onejob_workers w straight_join onejob_live l force index (ready_slice) on l.worker = w.id
  where w.evicted_at is null and (l.timeout_ms is not null or l.deadline_at is not null) order by l.run;
end`,

  // Marks workers as evicted and takes their runs: queued again in their old place with epoch + 1 and, if 'counted', one
  // crash more where it is suspect or was alone; cancelled where somebody has asked for it, failed at the limit of
  // crashes, and where 'counted' suspect from then on. 'seen' (null: any): the counter as it was seen. Answers the runs
  // as rows (worker, run). A claim on its way is waited for, a later one finds the target.
  `create procedure onejob_evict_workers(in ids $text, in seen bigint, in counted tinyint)
sql security invoker
begin
  declare t bigint;
  declare dead, mine, cancelled, ends $text;
  select json_arrayagg(x.id) into dead
  from (
    select w.id from (
      select distinct i.id from json_table(ids, '$[*]' columns (id $id path '$')) i order by i.id limit 100000
    ) n straight_join onejob_workers w force index (primary) on w.id = n.id
    where w.evicted_at is null and (seen is null or w.heartbeat = seen) for update of w
  ) x;
  if dead is not null then
    set t = $now;
    update json_table(dead, '$[*]' columns (id $id path '$')) n straight_join onejob_workers w force index (primary) on w.id = n.id
    set w.evicted_at = t;
    -- none of them gets a run any more
    select json_arrayagg(x.run) into mine
    from (
      select l.run from json_table(dead, '$[*]' columns (id $id path '$')) n
      straight_join onejob_live l force index (ready_slice) on l.worker = n.id
    ) x;
  end if;
  if mine is not null then
    call onejob_lock_runs(mine, mine, 1);
    -- without those that they have let go meanwhile
    select json_arrayagg(x.run) into mine
    from (
      select l.run from json_table(mine, '$[*]' columns (run $id path '$')) j
      straight_join onejob_live l force index (primary) on l.run = j.run
      straight_join json_table(dead, '$[*]' columns (id $id path '$')) n on n.id = l.worker
    ) x;
  end if;
  if mine is not null then
    select l.worker, l.run
    from json_table(mine, '$[*]' columns (run $id path '$')) j straight_join onejob_live l force index (primary) on l.run = j.run
    order by l.run;
    call onejob_ends_of_cancelled(mine, cancelled);
    if counted then
      update json_table(mine, '$[*]' columns (run $id path '$')) j straight_join onejob_live l force index (primary) on l.run = j.run
      set l.crashes = l.crashes + 1,
        l.crash_records = json_array_append(coalesce(l.crash_records, '[]'), '$',
          json_object('node', coalesce(l.node, ''), 'worker', l.worker)),
        l.crash_record_names = concat_ws(', ', l.crash_record_names, concat(coalesce(l.node, ''), ' (', l.worker, ')'))
      where l.suspect = 1 or json_length(mine) = 1;
      select json_arrayagg(json_object('run', l.run, 'state', 'failed', 'error', cast(json_object('code', 'RUN_CRASHED',
        'message', concat(l.crashes, if(l.crashes = 1, ' worker', ' workers'),
          ' in a row ended while running it, without progress in between: ', l.crash_record_names),
        'data', json_object('workers', json_extract(l.crash_records, '$'))) as char character set utf8mb4))) into ends
      from json_table(mine, '$[*]' columns (run $id path '$')) j straight_join onejob_live l force index (primary) on l.run = j.run
      where (l.suspect = 1 or json_length(mine) = 1) and l.crashes >= l.max_crashes and (cancelled is null or l.run not in (
        select c.run from json_table(cancelled, '$[*]' columns (run $id path '$.run')) c));
    end if;
    if cancelled is not null then set ends = json_merge_preserve(cancelled, coalesce(ends, '[]')); end if;
    update json_table(mine, '$[*]' columns (run $id path '$')) j straight_join onejob_live l force index (primary) on l.run = j.run
    set l.epoch = l.epoch + 1, l.suspect = greatest(l.suspect, counted), l.state = 'queued', l.worker = '';
    if ends is not null then call onejob_end(ends, null, 1, 1, 1, 1, t); end if;
  end if;
end`,

  // 'targets' are [{ i, id, heartbeat, counted }] of workers and [{ i, run, epoch, state, error }] of runs. Answers the runs
  // that were taken as rows (worker, run) and (i, run).
  `create procedure onejob_evict_v1(in targets $text)
sql security invoker
begin
  declare done tinyint default false;
  declare place, of_epoch, counts, found int;
  declare seen bigint;
  declare dead, of_run $id;
  declare of_state $label;
  declare because, ends, doomed $text;
  declare target cursor for
    select g.i, g.id, g.heartbeat, g.counted, g.run, g.epoch, g.state, g.error
    from json_table(targets, '$[*]' columns (i int path '$.i', id $id path '$.id', heartbeat bigint path '$.heartbeat',
      counted int path '$.counted', run $id path '$.run', epoch int path '$.epoch', state $label path '$.state',
      error $text path '$.error')) g
    order by g.i;
  declare continue handler for not found set done = true;
  $begin
  -- all that any of these targets may touch, in one order: workers first
  select count(*) into found
  from (
    select distinct g.id from json_table(targets, '$[*]' columns (id $id path '$.id')) g
    where g.id is not null order by g.id limit 100000
  ) s straight_join onejob_workers w force index (primary) on w.id = s.id
  for update of w;
  select json_arrayagg(x.run) into doomed
  from (
    select g.run from json_table(targets, '$[*]' columns (run $id path '$.run')) g where g.run is not null
    union
    select l.run from json_table(targets, '$[*]' columns (id $id path '$.id')) g
    straight_join onejob_live l force index (ready_slice) on l.worker = g.id
  ) x;
  if doomed is not null then call onejob_lock_runs(doomed, doomed, 1); end if;
  open target;
  digging: loop
    set done = false;
    fetch target into place, dead, seen, counts, of_run, of_epoch, of_state, because;
    if done then leave digging; end if;
    if dead is not null then
      call onejob_evict_workers(json_array(dead), seen, counts);
    else
      if exists (select 1 from onejob_live where run = of_run and epoch = of_epoch and state = 'running') then
        update onejob_live set epoch = epoch + 1 where run = of_run;
        set ends = null;
        if of_state = 'failed' then call onejob_ends_of_cancelled(json_array(of_run), ends); end if;
        call onejob_end(coalesce(ends, json_array(json_object('run', of_run, 'state', of_state, 'error', because))), null,
          1, 1, 1, 1, $now);
        select place i, of_run run;
      end if;
    end if;
  end loop;
  close target;
  $commit;
end`,
];
