/** Questions that take a list, or two of one moment. */
export const read: readonly string[] = [
  // The runs that 'refs' mean, by id first, then by key, and if wanted their steps.
  `create procedure onejob_get_v1(in refs $text, in with_steps tinyint)
sql security invoker
begin
  declare exit handler for sqlexception begin rollback; resignal; end;
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
    select a.ref, s.step, s.kind, s.state, s.tries, s.asked, s.output, s.error, s.resume_at, s.child, s.started_at,
      s.finished_at
    from json_table(refs, '$[*]' columns (ref $key path '$')) a
    left join onejob_runs i force index (primary) on i.id = a.ref
    left join onejob_keys k force index (primary) on k.name = a.ref
    straight_join onejob_steps s force index (primary) on s.run = coalesce(i.id, k.run)
    order by a.ref, s.state = 'running', s.n, s.asked;
  end if;
  commit;
end`,

  `create procedure onejob_steps_v1(in runs $text)
sql security invoker
begin
  select s.run, s.step, s.kind, s.state, s.tries, s.asked, s.output, s.error, s.resume_at, s.child, s.started_at,
    s.finished_at
  from json_table(runs, '$[*]' columns (run $id path '$')) j straight_join onejob_steps s force index (primary) on s.run = j.run
  order by s.run, s.state = 'running', s.n, s.asked;
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

  // Due runs that nobody holds, by job, in at most 1,000 jobs: of each line of work the 'most' that come first are
  // looked at. Answers (now) and (job, due, oldest_due_at).
  `create procedure onejob_backlog_v1(in most int)
sql security invoker
begin
  declare t bigint default $now;
  declare jobs, lines_found, found $text;
  declare place, due, jobs_found int default 0;
  declare oldest bigint;
  declare of_job, of_queue $name;
  declare of_priority int;
  set of_job = (select l.job from onejob_live l force index (line) where l.worker = '' order by l.job limit 1);
  while of_job is not null and jobs_found < 1000 do
    set jobs = if(jobs is null, json_array(of_job), json_merge_preserve(jobs, json_array(of_job)));
    set jobs_found = jobs_found + 1;
    set of_job = (
      select l.job from onejob_live l force index (line) where l.worker = '' and l.job > of_job order by l.job limit 1);
  end while;
  if jobs is not null then call onejob_lines(jobs, null, lines_found); end if;
  while place < json_length(lines_found) do
    set of_job = json_unquote(json_extract(lines_found, concat('$[', place, '].j')));
    set of_queue = json_unquote(json_extract(lines_found, concat('$[', place, '].q')));
    set of_priority = json_extract(lines_found, concat('$[', place, '].p'));
    select count(*), min(x.due_at) into due, oldest
    from (
      select l.due_at from onejob_live l force index (line)
      where l.worker = '' and l.job = of_job and l.queue = of_queue and l.priority = of_priority and l.due_at <= t
      order by l.due_at limit most
    ) x;
    if due > 0 then
      set found = if(found is null, '[]', found);
      set found = json_array_append(found, '$', json_object('j', of_job, 'n', due, 'd', oldest));
    end if;
    set place = place + 1;
  end while;
  select t now;
  select f.job, sum(f.due) due, min(f.due_at) oldest_due_at
  from json_table(coalesce(found, '[]'), '$[*]' columns (job $name path '$.j', due int path '$.n', due_at bigint path '$.d')) f
  group by f.job order by f.job;
end`,
];
