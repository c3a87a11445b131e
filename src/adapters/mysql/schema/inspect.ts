/** What is there, for those who watch: ports/inspector.ts. */
export const inspect: readonly string[] = [
  // All ready slices of the first 'most' jobs that have any, as [{ s: suspect, j: job, q: queue, p: priority }]; null: none.
  `create procedure onejob_all_slices(in most int, out found $text)
sql security invoker
begin
  declare jobs, part $text;
  declare of_job $name;
  declare jobs_found int;
  declare rejected tinyint default 0;
  set found = null;
  while rejected <= 1 do
    set jobs = null, jobs_found = 0;
    set of_job = (select l.job from onejob_live l force index (ready_slice)
      where l.worker = '' and l.suspect = rejected order by l.job limit 1);
    while of_job is not null and jobs_found < most do
      set jobs = json_array_append(coalesce(jobs, '[]'), '$', of_job);
      set jobs_found = jobs_found + 1;
      set of_job = (select l.job from onejob_live l force index (ready_slice)
        where l.worker = '' and l.suspect = rejected and l.job > of_job order by l.job limit 1);
    end while;
    if jobs is not null then
      call onejob_slices(rejected, jobs, null, part);
      set found = if(found is null, part, json_merge_preserve(found, coalesce(part, '[]')));
    end if;
    set rejected = rejected + 1;
  end while;
end`,

  // Due runs that nobody holds, by job, in at most 1,000 jobs: of each ready slice the 'most' that come first are
  // looked at. Answers (now) and (job, due, oldest_due_at).
  `create procedure onejob_backlog_v1(in most int)
sql security invoker
begin
  declare t bigint default $now;
  declare slices_found, found $text;
  declare place, due int default 0;
  declare oldest bigint;
  declare of_job, of_queue $name;
  declare of_priority, rejected int;
  call onejob_all_slices(1000, slices_found);
  while place < json_length(slices_found) do
    set rejected = json_unquote(json_extract(slices_found, concat('$[', place, '].s')));
    set of_job = json_unquote(json_extract(slices_found, concat('$[', place, '].j')));
    set of_queue = json_unquote(json_extract(slices_found, concat('$[', place, '].q')));
    set of_priority = json_extract(slices_found, concat('$[', place, '].p'));
    select count(*), min(x.due_at) into due, oldest
    from (
      select l.due_at from onejob_live l force index (ready_slice)
      where l.worker = '' and l.suspect = rejected and l.job = of_job and l.queue = of_queue and l.priority = of_priority and l.due_at <= t
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

  // Unfinished runs of each ready slice, at most 'most' of those that are due, of those that come later, and of those
  // that have no instant; and at most so many that somebody holds. Answers (now, cut): whether there was more; and
  // (job, kind, n, oldest).
  `create procedure onejob_live_v1(in most int)
sql security invoker
begin
  declare t bigint default $now;
  declare slices_found $text;
  declare found $text default '[]';
  declare place, slices_looked, due, later, waiting, idle int default 0;
  declare cut tinyint default 0;
  declare oldest bigint;
  declare of_job, of_queue $name;
  declare of_priority, rejected int;
  call onejob_all_slices(1000, slices_found);
  set slices_looked = coalesce(json_length(slices_found), 0);
  if slices_looked >= 1000 then set cut = 1, slices_looked = 1000; end if;
  while place < slices_looked do
    set rejected = json_unquote(json_extract(slices_found, concat('$[', place, '].s')));
    set of_job = json_unquote(json_extract(slices_found, concat('$[', place, '].j')));
    set of_queue = json_unquote(json_extract(slices_found, concat('$[', place, '].q')));
    set of_priority = json_extract(slices_found, concat('$[', place, '].p'));
    select count(*), min(x.due_at) into due, oldest
    from (
      select l.due_at from onejob_live l force index (ready_slice)
      where l.worker = '' and l.suspect = rejected and l.job = of_job and l.queue = of_queue and l.priority = of_priority and l.due_at <= t
      order by l.due_at limit most
    ) x;
    select count(*), coalesce(sum(x.state = 'waiting'), 0) into later, waiting
    from (
      select l.state from onejob_live l force index (ready_slice)
      where l.worker = '' and l.suspect = rejected and l.job = of_job and l.queue = of_queue and l.priority = of_priority and l.due_at > t
      order by l.due_at limit most
    ) x;
    select count(*) into idle
    from (
      select l.run from onejob_live l force index (ready_slice)
      where l.worker = '' and l.suspect = rejected and l.job = of_job and l.queue = of_queue and l.priority = of_priority and l.due_at is null
      limit most
    ) x;
    if greatest(due, later, idle) >= most then set cut = 1; end if;
    set found = json_array_append(found, '$', json_object('j', of_job, 'k', 'due', 'n', due, 'o', oldest),
      '$', json_object('j', of_job, 'k', 'later', 'n', later - waiting),
      '$', json_object('j', of_job, 'k', 'waiting', 'n', waiting + idle));
    set place = place + 1;
  end while;
  select count(*) into idle
  from (select l.run from onejob_live l force index (ready_slice) where l.worker > '' limit most) x;
  select t now, cut or idle >= most cut;
  select f.job, f.kind, f.n, f.oldest
  from json_table(found, '$[*]' columns (job $name path '$.j', kind $label path '$.k', n int path '$.n',
    oldest bigint path '$.o')) f
  where f.n > 0
  union all
  select x.job, 'running', count(*), null
  from (select l.job from onejob_live l force index (ready_slice) where l.worker > '' limit most) x group by x.job;
end`,
];
