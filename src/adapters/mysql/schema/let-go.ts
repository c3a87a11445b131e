/** What becomes of a run that nobody holds any more: `stateAfterLetGo` and `letGoVerdict` of job/transition.ts. */
export const letGo: readonly string[] = [
  // How those of these runs end, whose rows the caller has locked, that somebody has asked to cancel: as onejob_end takes
  // it, or null. Who lets runs go ends them so, after all are let go: else a child among them would count as running.
  `create procedure onejob_ends_of_cancelled(in runs $text, out ends $text)
sql security invoker
begin
  select json_arrayagg(json_object('run', l.run, 'state', 'cancelled', 'error', $failure_of_c)) into ends
  from json_table(runs, '$[*]' columns (run $id path '$')) g
  straight_join onejob_live l force index (primary) on l.run = g.run
  straight_join onejob_mailbox c force index (primary) on c.run = l.run
  where l.mailbox_seq > 0 and c.kind = 'cancel' and c.consumed_by is null and not exists (
    select 1 from onejob_mailbox e force index (primary)
    where e.run = c.run and e.n < c.n and e.kind = 'cancel' and e.consumed_by is null);
end`,

  // Suspensions and hand-backs of runs that 'me' holds in the epoch that they say. One that wishes to wait is queued, due
  // now, where its mailbox is newer than what was seen. Answers the verdicts that are not 'ok' as rows (i, verdict). Sent
  // again they find the run held by nobody in the same epoch, or cancelled in it.
  `create procedure onejob_let_go(in me $id, in items $text, in t bigint)
sql security invoker
begin
  declare given, held, with_mailbox int default 0;
  declare freed, ends $text;
  select count(*), count(l.run), coalesce(sum(l.mailbox_seq > 0), 0), json_arrayagg(coalesce(l.run, ''))
  into given, held, with_mailbox, freed
  from json_table(items, '$[*]' columns (run $id path '$.run', epoch int path '$.epoch')) g
  left join onejob_live l force index (primary) on l.run = g.run and l.worker = me and l.state = 'running' and l.epoch = g.epoch;
  -- assignments are made from left to right: first what compares with the old values
  update json_table(items, '$[*]' columns (run $id path '$.run', epoch int path '$.epoch', wish $label path '$.wish',
    mailbox_seq int path '$.mailbox_seq', delay bigint path '$.delay', waiting $text path '$.waiting', attempt int path '$.attempt',
    error $text path '$.error')) g
  straight_join onejob_live l force index (primary) on l.run = g.run
  set l.due_at = case when l.mailbox_seq > g.mailbox_seq then t when g.wish = 'queued' and g.delay = 0 then l.due_at else t + g.delay end,
    l.waiting_for = if(l.mailbox_seq > g.mailbox_seq, null, g.waiting),
    l.error = if(g.wish = 'queued', g.error, l.error),
    l.crashes = if(g.wish = 'waiting' or g.attempt > l.attempt, 0, l.crashes),
    l.crash_records = if(g.wish = 'waiting' or g.attempt > l.attempt, null, l.crash_records),
    l.crash_record_names = if(g.wish = 'waiting' or g.attempt > l.attempt, null, l.crash_record_names),
    l.suspect = if(g.wish = 'waiting' or g.attempt > l.attempt, 0, l.suspect),
    l.attempt = coalesce(g.attempt, l.attempt),
    l.state = if(l.mailbox_seq > g.mailbox_seq, 'queued', g.wish), l.worker = ''
  where l.worker = me and l.state = 'running' and l.epoch = g.epoch;
  if with_mailbox > 0 then
    call onejob_ends_of_cancelled(freed, ends);
    if ends is not null then call onejob_end(ends, null, 1, 1, 1, 1, t); end if;
  end if;
  if held < given or ends is not null then
    select g.i, if(l.run is null and o.state = 'cancelled', 'cancelled', 'stale') verdict
    from json_table(items, '$[*]' columns (i int path '$.i', run $id path '$.run', epoch int path '$.epoch')) g
    left join onejob_live l force index (primary) on l.run = g.run
    left join onejob_outcomes o force index (primary) on o.run = g.run and o.epoch = g.epoch
    where not coalesce(l.worker = '' and l.epoch = g.epoch, 0);
  end if;
end`,
];
