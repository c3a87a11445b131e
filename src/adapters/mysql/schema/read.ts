/** Questions that take a list, or two of one moment. */
export const read: readonly string[] = [
  // The runs that 'refs' mean, by id first, then by key, and if wanted their steps.
  `create procedure onejob_get_v1(in refs $text, in with_steps tinyint)
sql security invoker
begin
  declare exit handler for sqlexception begin $rollback; resignal; end;
  set transaction isolation level repeatable read;
  start transaction;
  select a.ref, $run_columns
  from json_table(refs, '$[*]' columns (ref $key path '$')) a
  left join onejob_runs i force index (primary) on i.id = a.ref
  left join onejob_keys k force index (primary) on k.name = a.ref
  straight_join onejob_runs r force index (primary) on r.id = coalesce(i.id, k.run)
  left join onejob_live l force index (primary) on l.run = r.id
  left join onejob_outcomes o force index (primary) on o.run = r.id;
  if with_steps then
    select a.ref, s.step, s.kind, s.state, s.tries, s.first_seq, s.output, s.error, s.resume_at, s.child, s.started_at,
      s.finished_at
    from json_table(refs, '$[*]' columns (ref $key path '$')) a
    left join onejob_runs i force index (primary) on i.id = a.ref
    left join onejob_keys k force index (primary) on k.name = a.ref
    straight_join onejob_steps s force index (primary) on s.run = coalesce(i.id, k.run)
    order by a.ref, s.state = 'running', s.n, s.first_seq, s.step;
  end if;
  $commit;
end`,

  // The steps of a run after 'after_step', as many as fit, each with the number of all: finished ones first in the order
  // of recording, then those begun. They are weighed by their numbers; only the texts of those that fit are read.
  `create procedure onejob_steps_v1(in of_run $id, in after_step $step, in most bigint)
sql security invoker
begin
  select s.step, s.kind, s.state, s.tries, s.first_seq, s.output, s.error, s.resume_at, s.child, s.started_at,
    s.finished_at, x.total
  from (
    select w.step, sum(w.bytes) over (order by w.begun, w.n, w.first_seq, w.step) so_far,
      row_number() over (order by w.begun, w.n, w.first_seq, w.step) nth, count(*) over () total
    from (
      select s.step, s.state = 'running' begun, s.n, s.first_seq, s.bytes
      from onejob_steps s force index (primary)
      left join onejob_steps a force index (primary) on a.run = s.run and a.step = after_step
      where s.run = of_run and (after_step is null
        or (s.state = 'running', s.n, s.first_seq, s.step) > (a.state = 'running', a.n, a.first_seq, a.step))
    ) w
  ) x
  straight_join onejob_steps s force index (primary) on s.run = of_run and s.step = x.step
  where x.so_far <= most or x.nth = 1
  order by x.nth;
end`,

  // Of the runs in 'positions' [{ run, epoch, seen }] those with mailbox items after 'seen', and those that the worker does not
  // hold (mailbox_seq null); then as many of the mailbox items as fit, each with the number of all. They are weighed in the index of
  // what is unread; only the texts of those that fit are read.
  `create procedure onejob_messages_v1(in me $id, in positions $text, in most bigint)
sql security invoker
begin
  declare exit handler for sqlexception begin $rollback; resignal; end;
  set transaction isolation level repeatable read;
  start transaction;
  select g.run, l.mailbox_seq
  from json_table(positions, '$[*]' columns (place for ordinality, run $id path '$.run', epoch int path '$.epoch',
    seen int path '$.seen')) g
  left join onejob_live l force index (primary)
    on l.run = g.run and l.worker = me and l.epoch = g.epoch and l.state = 'running'
  where l.run is null or l.mailbox_seq > g.seen order by g.place;
  select m.run, m.n, m.kind, m.name, m.data, m.actor, m.reason, m.at, x.total
  from (
    select w.place, w.run, w.n, sum(w.bytes) over (order by w.place, w.n) so_far,
      row_number() over (order by w.place, w.n) nth, count(*) over () total
    from (
      select g.place, m.run, m.n, m.bytes
      from json_table(positions, '$[*]' columns (place for ordinality, run $id path '$.run', epoch int path '$.epoch',
        seen int path '$.seen')) g
      straight_join onejob_live l force index (primary)
        on l.run = g.run and l.worker = me and l.epoch = g.epoch and l.state = 'running' and l.mailbox_seq > g.seen
      straight_join onejob_mailbox m force index (unread)
        on m.run = l.run and m.consumed_by is null and m.n > g.seen
    ) w
  ) x
  straight_join onejob_mailbox m force index (primary) on m.run = x.run and m.n = x.n
  where x.so_far <= most or x.nth = 1
  order by x.place, x.n;
  $commit;
end`,

  // At most 1,000 chunks, so that a large log is not summed up whole for a small 'most'.
  `create procedure onejob_tail_v1(in of_run $id, in after_seq int, in most bigint)
sql security invoker
begin
  declare last int default (
    select max(x.seq) from (
      select w.seq, sum(w.size) over (order by w.seq) so_far, row_number() over (order by w.seq) place
      from (
        select o.seq, length(o.bytes) size from onejob_output o
        where o.run = of_run and o.seq > after_seq order by o.seq limit 1000
      ) w
    ) x where x.so_far <= most or x.place = 1
  );
  select o.seq, o.bytes from onejob_output o
  where o.run = of_run and o.seq > after_seq and o.seq <= last order by o.seq;
end`,
];
