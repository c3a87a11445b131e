/** Where the index of the line of work is looked at: by seeks with fixed values. */
export const lines: readonly string[] = [
  // The lines of work of these jobs: [{ j: job, q: queue, p: priority }], by queue, higher priority first, without
  // those of the queues 'shut': those that are 'known', and unless 'only_known' all others. Found by seeks, one for each that exists: nothing is walked over. One by one, for the
  // servers seek beyond a value that is fixed, not beyond a column of another table (tried: it read all that came after).
  // No seek is a subquery of SET: in there they lock what they read, deleted entries too.
  `create procedure onejob_lines(in jobs $text, in shut $text, in known $text, in only_known tinyint, out found $text)
sql security invoker
begin
  declare busy $text;
  declare lines_found $text default known;
  declare of_job, of_queue $name;
  declare of_priority int;
  declare place int default 0;
  if not only_known then
    select json_arrayagg(x.job) into busy
    from (
      select j.job from json_table(jobs, '$[*]' columns (job $name path '$')) j
      where (select 1 from onejob_live l force index (line) where l.worker = '' and l.job = j.job limit 1) = 1
    ) x;
  end if;
  while place < json_length(busy) do
    set of_job = json_unquote(json_extract(busy, concat('$[', place, ']')));
    select max(x.queue) into of_queue from (select l.queue from onejob_live l force index (line)
      where l.worker = '' and l.job = of_job order by l.queue limit 1) x;
    while of_queue is not null do
      if shut is null or not exists (
        select 1 from json_table(shut, '$[*]' columns (queue $name path '$')) s where s.queue = of_queue
      ) then
        select max(x.priority) into of_priority from (select l.priority from onejob_live l force index (line)
          where l.worker = '' and l.job = of_job and l.queue = of_queue order by l.priority desc limit 1) x;
        while of_priority is not null do
          set lines_found = json_array_append(coalesce(lines_found, '[]'), '$',
            json_object('j', of_job, 'q', of_queue, 'p', of_priority));
          select max(x.priority) into of_priority from (select l.priority from onejob_live l force index (line)
            where l.worker = '' and l.job = of_job and l.queue = of_queue and l.priority < of_priority
            order by l.priority desc limit 1) x;
        end while;
      end if;
      select max(x.queue) into of_queue from (select l.queue from onejob_live l force index (line)
        where l.worker = '' and l.job = of_job and l.queue > of_queue order by l.queue limit 1) x;
    end while;
    set place = place + 1;
  end while;
  set found = null;
  if lines_found is not null then
    select json_arrayagg(json_object('j', x.job, 'q', x.queue, 'p', x.priority)) into found
    from (
      select distinct f.job, f.queue, f.priority
      from json_table(lines_found, '$[*]' columns (job $name path '$.j', queue $name path '$.q', priority int path '$.p')) f
      where known is null
        or f.job in (select j.job from json_table(jobs, '$[*]' columns (job $name path '$')) j)
        and (shut is null or f.queue not in (select s.queue from json_table(shut, '$[*]' columns (queue $name path '$')) s))
      order by f.queue, f.priority desc limit 100000
    ) x;
  end if;
end`,

  // The first runs of a line that are due and that nobody holds, some more than 'width' of them, as a list of
  // { r: run, q: queue, p: priority, d: due_at }. With 'since' those that were due after it, asked for in a way that the
  // server cannot take for a range.
  `create procedure onejob_due(in of_job $name, in of_queue $name, in of_priority int, in since bigint, in t bigint,
  in width int, out due_count int, out due $text)
sql security invoker
begin
  declare last_span bigint default t div 4096;
  declare span bigint default since div 4096;
  declare part $text;
  declare part_count int;
  set due_count = 0, due = null;
  if since is null then
    select count(*), json_arrayagg(json_object('r', x.run, 'q', of_queue, 'p', of_priority, 'd', x.due_at)) into due_count, due
    from (
      (select l.run, l.due_at from onejob_live l force index (line)
       where l.worker = '' and l.job = of_job and l.queue = of_queue and l.priority = of_priority and l.due_span < last_span
       order by l.due_span, l.due_at, l.run limit width)
      union all
      (select l.run, l.due_at from onejob_live l force index (line)
       where l.worker = '' and l.job = of_job and l.queue = of_queue and l.priority = of_priority and l.due_span = last_span
         and l.due_at <= t
       order by l.due_at, l.run limit width)
    ) x;
  end if;
  while span <= last_span do
    select count(*), json_arrayagg(json_object('r', x.run, 'q', of_queue, 'p', of_priority, 'd', x.due_at)) into part_count, part
    from (
      select l.run, l.due_at from onejob_live l force index (line)
      where l.worker = '' and l.job = of_job and l.queue = of_queue and l.priority = of_priority and l.due_span = span
        and l.due_at + 0 <= t
      order by l.due_at, l.run limit width
    ) x;
    if part_count > 0 then
      set due = if(due is null, part, json_merge_preserve(due, part)), due_count = due_count + part_count;
    end if;
    set span = span + 1;
  end while;
end`,

  // When the next run of these lines is due that is not due yet; where the caller 'looks_near', if that is within some
  // seconds. A seek for each, with fixed values: of a line that is a row of another table MySQL reads and sorts all that
  // is due later.
  `create procedure onejob_next_due(in lines_found $text, in looks_near tinyint, in t bigint, out next_at bigint)
sql security invoker
begin
  declare line_job, line_queue $name;
  declare line_priority, place int default 0;
  declare span bigint default t div 4096;
  declare line_next bigint;
  set next_at = null;
  while place < json_length(lines_found) do
    set line_job = json_unquote(json_extract(lines_found, concat('$[', place, '].j')));
    set line_queue = json_unquote(json_extract(lines_found, concat('$[', place, '].q')));
    set line_priority = json_extract(lines_found, concat('$[', place, '].p'));
    if looks_near then
      select min(x.due_at) into line_next
      from (
        (select l.due_at from onejob_live l force index (line)
         where l.worker = '' and l.job = line_job and l.queue = line_queue and l.priority = line_priority
           and l.due_span = span and l.due_at + 0 > t order by l.due_at limit 1)
        union all
        (select l.due_at from onejob_live l force index (line)
         where l.worker = '' and l.job = line_job and l.queue = line_queue and l.priority = line_priority
           and l.due_span = span + 1 order by l.due_at limit 1)
      ) x;
    else
      select min(x.due_at) into line_next
      from (
        (select l.due_at from onejob_live l force index (line)
         where l.worker = '' and l.job = line_job and l.queue = line_queue and l.priority = line_priority
           and l.due_span = span and l.due_at > t order by l.due_at limit 1)
        union all
        (select l.due_at from onejob_live l force index (line)
         where l.worker = '' and l.job = line_job and l.queue = line_queue and l.priority = line_priority
           and l.due_span > span order by l.due_span, l.due_at limit 1)
      ) x;
    end if;
    if next_at is null or line_next < next_at then set next_at = line_next; end if;
    set place = place + 1;
  end while;
end`,
];
