/** Runs that may have ended their worker. */
export const suspects: readonly string[] = [
  // The suspect run that is first among those of these jobs that are due, where the worker holds none: 'found', and as a
  // list of one candidate, as onejob_claim_lines makes them. One seek says that there is none.
  `create procedure onejob_first_suspect(in me $id, in jobs $text, in shut $text, in t bigint, out found $id,
  out candidate $text)
sql security invoker
begin
  declare lines_found $text;
  declare place, line_priority, found_priority int default 0;
  declare line_job, line_queue, found_queue $name;
  declare line_run $id;
  declare line_due, found_due bigint;
  declare odd int;
  set found = null, candidate = null;
  select count(*) into odd from (
    select l.run from onejob_live l force index (line) where l.worker = '' and l.suspect = 1 limit 1) x;
  if odd > 0 then
    select count(*) into odd from (
      select l.run from onejob_live l force index (line) where l.worker = me and l.suspect = 1 limit 1) x;
    if odd = 0 then call onejob_lines(1, jobs, shut, lines_found); end if;
  end if;
  while place < json_length(lines_found) do
    set line_job = json_unquote(json_extract(lines_found, concat('$[', place, '].j')));
    set line_queue = json_unquote(json_extract(lines_found, concat('$[', place, '].q')));
    set line_priority = json_extract(lines_found, concat('$[', place, '].p'));
    set place = place + 1;
    select max(x.run), max(x.due_at) into line_run, line_due
    from (
      select l.run, l.due_at from onejob_live l force index (line)
      where l.worker = '' and l.suspect = 1 and l.job = line_job and l.queue = line_queue
        and l.priority = line_priority and l.due_at <= t
      order by l.due_at, l.run limit 1
    ) x;
    if line_run is not null and (found is null or line_priority > found_priority
      or line_priority = found_priority and (line_due < found_due or line_due = found_due and line_run < found)) then
      set found = line_run, found_queue = line_queue, found_priority = line_priority, found_due = line_due;
    end if;
  end while;
  if found is not null then
    set candidate = json_array(json_object('r', found, 'q', found_queue, 'p', found_priority, 'd', found_due));
  end if;
end`,
];
