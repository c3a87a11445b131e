/** Claims whose answers were lost, and what claims answer. */
export const reclaim: readonly string[] = [
  // What claim 'number' took and the worker still holds, as claim_v1 answers it; that claim, and those before it, take
  // nothing any more. One that is on its way keeps a lock of the worker's row, so it is waited for.
  `create procedure onejob_reclaim_v1(in me $id, in number bigint)
sql security invoker
begin
  declare living int default 0;
  declare got $text;
  $begin
  select count(*) into living from onejob_workers where id = me and evicted_at is null for update;
  if living > 0 then
    update onejob_workers set closed = greatest(closed, number) where id = me;
    select json_arrayagg(l.run) into got from onejob_live l force index (ready_slice)
    where l.worker = me and l.claim = number;
  end if;
  select $now now, null next;
  call onejob_answer_claims(got);
  $commit;
end`,

  // All that an attempt of these runs needs, but for their steps and messages.
  `create procedure onejob_answer_claims(in got $text)
sql security invoker
begin
  if got is not null then
    select r.id, l.epoch, r.job, r.run_key, r.cause, r.input, r.args, r.request, l.attempt, l.first_attempt, l.crashes, l.suspect, l.generation,
      l.priority, r.trace_id, r.parent, r.root, r.scheduled_at, r.created_at, l.timeout_ms, l.deadline_at, l.mailbox_seq,
      if(l.epoch = 1, 0, coalesce((select max(o.seq) from onejob_output o where o.run = l.run), 0)) output_seq,
      if(l.epoch = 1, 0, (select cast(sum(length(o.bytes)) as signed) from onejob_output o where o.run = l.run)) output_bytes,
      if(l.epoch = 1, 0, (select count(*) from onejob_steps s where s.run = l.run)) steps
    from json_table(got, '$[*]' columns (run $id path '$')) h
    straight_join onejob_live l force index (primary) on l.run = h.run
    straight_join onejob_runs r force index (primary) on r.id = l.run
    order by l.priority desc, l.due_at, l.run;
  end if;
end`,
];
