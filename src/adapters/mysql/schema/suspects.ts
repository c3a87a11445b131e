/** Runs that may have ended their worker. */
export const suspects: readonly string[] = [
  // The suspect run that is first among those of these jobs that are due, where the worker holds none: 'found', and as a
  // list of one candidate, as onejob_claim_lines makes them. One seek says that there is none.
  `create procedure onejob_first_suspect(in me $id, in jobs $text, in shut $text, in t bigint, out found $id,
  out candidate $text)
sql security invoker
begin
  declare slices_found $text;
  declare place, slice_priority, found_priority int default 0;
  declare slice_job, slice_queue, found_queue $name;
  declare slice_run $id;
  declare slice_due, found_due bigint;
  declare rejected int;
  set found = null, candidate = null;
  select count(*) into rejected from (
    select l.run from onejob_live l force index (ready_slice) where l.worker = '' and l.suspect = 1 limit 1) x;
  if rejected > 0 then
    select count(*) into rejected from (
      select l.run from onejob_live l force index (ready_slice) where l.worker = me and l.suspect = 1 limit 1) x;
    if rejected = 0 then call onejob_slices(1, jobs, shut, slices_found); end if;
  end if;
  while place < json_length(slices_found) do
    set slice_job = json_unquote(json_extract(slices_found, concat('$[', place, '].j')));
    set slice_queue = json_unquote(json_extract(slices_found, concat('$[', place, '].q')));
    set slice_priority = json_extract(slices_found, concat('$[', place, '].p'));
    set place = place + 1;
    select max(x.run), max(x.due_at) into slice_run, slice_due
    from (
      select l.run, l.due_at from onejob_live l force index (ready_slice)
      where l.worker = '' and l.suspect = 1 and l.job = slice_job and l.queue = slice_queue
        and l.priority = slice_priority and l.due_at <= t
      order by l.due_at, l.run limit 1
    ) x;
    if slice_run is not null and (found is null or slice_priority > found_priority
      or slice_priority = found_priority and (slice_due < found_due or slice_due = found_due and slice_run < found)) then
      set found = slice_run, found_queue = slice_queue, found_priority = slice_priority, found_due = slice_due;
    end if;
  end while;
  if found is not null then
    set candidate = json_array(json_object('r', found, 'q', found_queue, 'p', found_priority, 'd', found_due));
  end if;
end`,
];
