/** Ending runs, and mailboxes: what outcomes, evictions and cancels have in common. */
export const end: readonly string[] = [
  // Puts a mailbox item into the box of an unfinished run, whose row the caller has locked, and raises its mailbox_seq; a waiting run
  // is queued, due now. Nothing happens when the run has ended.
  `create procedure onejob_post(in target $id, in item_kind $label, in item_name $text, in item_data $text,
  in by_actor $text, in because $text, in t bigint)
sql security invoker
begin
  declare place int default (select mailbox_seq + 1 from onejob_live where run = target);
  if place is not null then
    -- assignments are made from left to right, so the state comes last
    update onejob_live set mailbox_seq = place, due_at = if(state = 'waiting', t, due_at),
      waiting_for = if(state = 'waiting', null, waiting_for), state = if(state = 'waiting', 'queued', state)
    where run = target;
    insert into onejob_mailbox (run, n, kind, name, data, actor, reason, at)
    values (target, place, item_kind, item_name, item_data, by_actor, because, t);
  end if;
end`,

  // Ends 'ends' [{ run, epoch, state, output, response, error, progress, silent }]; where 'me' is given only those that this
  // worker holds in that epoch. The caller has locked their rows and those of their parents, and of those that do not
  // succeed the kin. The live row goes, the
  // outcome comes, requests to cancel that the run outlived are consumed, its parent gets a mailbox item, and unless it
  // succeeded its unfinished children are cancelled. Last come the runs of callbacks, unless 'silent': as children of
  // runs that ended they would be cancelled. Of 'with_mailbox', 'born', 'fallen' and 'called' (any has mailbox items, a parent, did not
  // succeed, may be called back) each that is 0 spares a look.
  //
  // While it works, a run that ends now is the one that has both a live row and an outcome.
  `create procedure onejob_end(in ends $text, in me $id, in with_mailbox int, in born int, in fallen int,
  in called int, in t bigint)
sql security invoker
begin
  declare made int;
  declare parents, calls $text;
  insert into onejob_outcomes (run, state, attempt, crashes, epoch, generation, mailbox_seq, due_at, started_at, finished_at,
    node, output, response, error, progress)
  select l.run, e.state, l.attempt, l.crashes, l.epoch, l.generation, l.mailbox_seq, l.due_at, l.started_at, t, l.node,
    e.output, e.response, e.error, coalesce(e.progress, l.progress)
  from json_table(ends, '$[*]' columns (run $id path '$.run', epoch int path '$.epoch', state $label path '$.state',
    output $text path '$.output', response $text path '$.response', error $text path '$.error',
    progress $text path '$.progress')) e
  straight_join onejob_live l force index (primary) on l.run = e.run
  where me is null or (l.worker = me and l.state = 'running' and l.epoch = e.epoch);
  if with_mailbox then
    update json_table(ends, '$[*]' columns (run $id path '$.run')) e
    straight_join onejob_live l force index (primary) on l.run = e.run
    straight_join onejob_outcomes o force index (primary) on o.run = l.run
    straight_join onejob_mailbox m force index (primary) on m.run = l.run
    set m.consumed_by = '' where m.kind = 'cancel' and m.consumed_by is null;
  end if;
  if born then
    -- First the count, then the mailbox items by it: a parent that came to life while the caller waited for its locks is locked
    -- by this update only, and before it another may give it a mailbox item of that number.
    update (
      select p.run, count(*) items
      from json_table(ends, '$[*]' columns (run $id path '$.run')) e
      straight_join onejob_live l force index (primary) on l.run = e.run
      straight_join onejob_outcomes o force index (primary) on o.run = l.run
      straight_join onejob_live p force index (primary) on p.run = l.parent
      left join onejob_outcomes po force index (primary) on po.run = p.run
      where po.run is null group by p.run
    ) c straight_join onejob_live p force index (primary) on p.run = c.run
    set p.mailbox_seq = p.mailbox_seq + c.items, p.due_at = if(p.state = 'waiting', t, p.due_at),
      p.waiting_for = if(p.state = 'waiting', null, p.waiting_for), p.state = if(p.state = 'waiting', 'queued', p.state);
    insert into onejob_mailbox (run, n, kind, name, at)
    select p.run, p.mailbox_seq - count(*) over (partition by p.run) + row_number() over (partition by p.run order by l.run), 'child', l.run, t
    from json_table(ends, '$[*]' columns (run $id path '$.run')) e
    straight_join onejob_live l force index (primary) on l.run = e.run
    straight_join onejob_outcomes o force index (primary) on o.run = l.run
    straight_join onejob_live p force index (primary) on p.run = l.parent
    left join onejob_outcomes po force index (primary) on po.run = p.run
    where po.run is null;
  end if;
  if called then
    select json_arrayagg(json_object($callback_of_l)) into calls
    from json_table(ends, '$[*]' columns (run $id path '$.run', silent int path '$.silent')) e
    straight_join onejob_live l force index (primary) on l.run = e.run
    straight_join onejob_outcomes o force index (primary) on o.run = l.run
    straight_join onejob_runs r force index (primary) on r.id = l.run
    where e.silent is null and l.callbacks in ('both', if(o.state = 'succeeded', 'success', 'failure'));
  end if;
  if fallen then
    select json_arrayagg(l.run) into parents
    from json_table(ends, '$[*]' columns (run $id path '$.run')) e
    straight_join onejob_live l force index (primary) on l.run = e.run
    straight_join onejob_outcomes o force index (primary) on o.run = l.run
    where o.state <> 'succeeded' and exists (select 1 from onejob_live c force index (by_parent) where c.parent = l.run);
  end if;
  delete l from json_table(ends, '$[*]' columns (run $id path '$.run')) e
  straight_join onejob_outcomes o force index (primary) on o.run = e.run
  straight_join onejob_live l force index (primary) on l.run = o.run;
  if parents is not null then call onejob_end_children(parents, t, calls); end if;
  if calls is not null then call onejob_create(calls, 1, null, t, made); end if;
end`,

  // Cancels the unfinished children of runs that ended without success: those that run by mailbox item, the others here and
  // now, with their own children; generation by generation, for chains may be deep. Adds the runs of their callbacks to
  // 'calls'.
  `create procedure onejob_end_children(in parents $text, in t bigint, inout calls $text)
sql security invoker
begin
  declare kids, grandparents, more $text;
  while parents is not null do
    select json_arrayagg(x.run) into kids
    from (
      select c.run from json_table(parents, '$[*]' columns (run $id path '$')) p
      straight_join onejob_live c force index (by_parent) on c.parent = p.run
    ) x;
    -- Who was born after the caller has locked: nobody may claim it between the statements below.
    if kids is not null then call onejob_lock_runs(kids, null, 0); end if;
    insert into onejob_mailbox (run, n, kind, name, actor, reason, at)
    select c.run, c.mailbox_seq + 1, 'cancel', '', concat('run ', o.run),
      if(o.state = 'failed', 'its parent failed', 'its parent was cancelled'), t
    from json_table(kids, '$[*]' columns (run $id path '$')) k
    straight_join onejob_live c force index (primary) on c.run = k.run
    straight_join onejob_outcomes o force index (primary) on o.run = c.parent
    where c.state = 'running';
    update json_table(kids, '$[*]' columns (run $id path '$')) k
    straight_join onejob_live c force index (primary) on c.run = k.run
    set c.mailbox_seq = c.mailbox_seq + 1 where c.state = 'running';
    insert into onejob_outcomes (run, state, attempt, crashes, epoch, generation, mailbox_seq, due_at, started_at, finished_at,
      node, error, progress)
    select c.run, 'cancelled', c.attempt, c.crashes, c.epoch, c.generation, c.mailbox_seq, c.due_at, c.started_at, t, c.node,
      json_object('code', 'RUN_CANCELLED', 'message', concat('cancelled by run ', o.run, ': ',
        if(o.state = 'failed', 'its parent failed', 'its parent was cancelled'))), c.progress
    from json_table(kids, '$[*]' columns (run $id path '$')) k
    straight_join onejob_live c force index (primary) on c.run = k.run
    straight_join onejob_outcomes o force index (primary) on o.run = c.parent
    where c.state <> 'running';
    update json_table(kids, '$[*]' columns (run $id path '$')) k
    straight_join onejob_outcomes o force index (primary) on o.run = k.run
    straight_join onejob_mailbox m force index (primary) on m.run = o.run
    set m.consumed_by = '' where m.kind = 'cancel' and m.consumed_by is null;
    select json_arrayagg(o.run) into grandparents
    from json_table(kids, '$[*]' columns (run $id path '$')) k
    straight_join onejob_outcomes o force index (primary) on o.run = k.run
    where exists (select 1 from onejob_live g force index (by_parent) where g.parent = o.run);
    select json_arrayagg(json_object($callback_of_l)) into more
    from json_table(kids, '$[*]' columns (run $id path '$')) k
    straight_join onejob_live l force index (primary) on l.run = k.run
    straight_join onejob_outcomes o force index (primary) on o.run = l.run
    straight_join onejob_runs r force index (primary) on r.id = l.run
    where l.callbacks in ('both', 'failure');
    if more is not null then set calls = json_merge_preserve(coalesce(calls, '[]'), more); end if;
    delete c from json_table(kids, '$[*]' columns (run $id path '$')) k
    straight_join onejob_outcomes o force index (primary) on o.run = k.run
    straight_join onejob_live c force index (primary) on c.run = o.run;
    set parents = grandparents;
  end while;
end`,
];
