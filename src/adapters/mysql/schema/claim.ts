/**
 * Reads due runs of each slice without locks, a few more than wanted. `lines_found` has the slices by queue, those of
 * higher priority first. Sets: candidates, found (how many), in_queue, last_priority.
 */
const gatherCandidates = `
      gathering: while place < json_length(slices_found) do
        set slice_job = json_unquote(json_extract(slices_found, concat('$[', place, '].j')));
        set slice_queue = json_unquote(json_extract(slices_found, concat('$[', place, '].q')));
        set slice_priority = json_extract(slices_found, concat('$[', place, '].p'));
        set place = place + 1;
        if not slice_queue <=> last_queue then set last_queue = slice_queue, in_queue = 0; end if;
        -- enough of higher priority
        if in_queue >= width and slice_priority < last_priority then iterate gathering; end if;
        select count(*), json_arrayagg(json_object('r', x.run, 'q', slice_queue, 'p', slice_priority, 'd', x.due_at))
        into part_count, part
        from (
          select l.run, l.due_at from onejob_live l force index (ready_slice)
          where l.worker = '' and l.suspect = 0 and l.job = slice_job and l.queue = slice_queue and l.priority = slice_priority
            and l.due_at <= t
          order by l.due_at, l.run limit width
        ) x;
        if part_count > 0 then
          if candidates is null then set candidates = part;
          else set candidates = json_merge_preserve(candidates, part);
          end if;
          set found = found + part_count, in_queue = in_queue + part_count, last_priority = slice_priority;
        end if;
      end while;`;

/**
 * Locks candidates until there are enough: one of each queue, then the second of each; a queue's seat is how many stand
 * before it, counted from the one whose turn it is. Reads: candidates, doubt, turn, width, free. Sets: taken, taken_count.
 */
const lockInTurn = `
      select count(*), json_arrayagg(x.run) into taken_count, taken
      from (
        select l.run from (
          select c.run from (
            select d.run, d.queue, row_number() over (partition by d.queue order by d.priority desc, d.due_at, d.run) place,
              dense_rank() over (order by d.queue) - 1 queue_place, turn_of.queues
            from json_table(candidates, '$[*]' columns (run $id path '$.r', queue $name path '$.q',
              priority int path '$.p', due_at bigint path '$.d')) d
            join (
              select count(distinct q.queue) queues from json_table(candidates, '$[*]' columns (queue $name path '$.q')) q
            ) turn_of
          ) c
          order by c.place, mod(c.queue_place + c.queues - mod(turn, c.queues), c.queues) limit width
        ) s
        straight_join onejob_live l force index (primary) on l.run = s.run
        where l.worker = '' and l.state <> 'running' and l.due_at <= t and (l.suspect = 0 or l.run = doubt)
        limit free for update of l skip locked
      ) x;`;

/** Hands out due runs: protocol/claims#claims. */
export const claim: readonly string[] = [
  // Gives each due run of the jobs 'terms' [{ name, timeout, deadline, crashes, callbacks }] to at most one worker, at
  // most 'free' in all: of each queue in the order priority, due, age, and of queues with due runs one each in turn,
  // beginning with the one at the place 'turn'. 'tree' (null: all) restricts to these roots. Answers (now, next) and the
  // claims.
  `create procedure onejob_claim_v1(in me $id, in number bigint, in terms $text, in free int, in turn bigint, in tree $text)
sql security invoker
begin
  declare t, soon, earliest bigint;
  declare label $name;
  declare jobs, shut, got $text;
  declare taken_before bigint;
  $begin
  set t = $now;
  -- an aggregate, so that there is a row; an eviction waits for this lock, and a later claim finds the target
  select max(node), max(claimed) into label, taken_before from onejob_workers
  where id = me and evicted_at is null and closed < number for update;
  -- what a process was asked for itself (tree) it does, also on a node that is drained
  -- made twice it takes once; what comes later than the next one takes nothing
  if number = taken_before then
    select json_arrayagg(l.run) into got from onejob_live l force index (ready_slice)
    where l.worker = me and l.claim = number;
  end if;
  if label is not null and number > taken_before and (tree is not null or not exists (
    select 1 from onejob_pauses p where p.type = 'node' and p.name = label and (p.ends_at is null or p.ends_at > t)
  )) then
    select json_arrayagg(x.name) into jobs
    from json_table(terms, '$[*]' columns (name $name path '$.name')) x
    where not exists (
      select 1 from onejob_pauses p where p.type = 'job' and p.name = x.name and (p.ends_at is null or p.ends_at > t));
    select json_arrayagg(p.name) into shut from onejob_pauses p
    where p.type = 'queue' and (p.ends_at is null or p.ends_at > t);
  end if;
  if jobs is not null then
    if tree is null then
      call onejob_claim_slices(me, number, label, terms, jobs, shut, free, turn, t, got, earliest);
    else
      call onejob_claim_tree(me, number, label, terms, jobs, shut, free, tree, t, got, earliest);
    end if;
  end if;
  if jobs is not null and got is not null then update onejob_workers set claimed = number where id = me; end if;
  if label is not null then
    -- a pause that ends by itself is an instant to look again
    select min(p.ends_at) into soon from onejob_pauses p
    where p.ends_at > t and (p.type = 'queue' or p.type = 'node' and p.name = label or p.type = 'job' and exists (
      select 1 from json_table(terms, '$[*]' columns (name $name path '$.name')) x where x.name = p.name));
    set earliest = if(earliest is null or soon < earliest, soon, earliest);
  end if;
  select t now, earliest next;
  call onejob_answer_claims(got);
  $commit;
end`,

  // The ready slices of these jobs, of suspect runs or of others: [{ s: suspect, j: job, q: queue, p: priority }], by queue, higher priority first, without
  // those of the queues 'shut'. Found by seeks, one for each that exists: nothing is walked over. One by one, for the
  // servers seek beyond a value that is fixed, not beyond a column of another table (tried: it read all that came after).
  // Each is a statement of its own: InnoDB reads without locks only for those. In the subquery of a SET it locks what
  // it passes by, also what is deleted, and waits for all who have not committed.
  `create procedure onejob_slices(in rejected tinyint, in jobs $text, in shut $text, out found $text)
sql security invoker
begin
  declare busy, slices_found $text;
  declare of_job, of_queue $name;
  declare of_priority int;
  declare place int default 0;
  select json_arrayagg(x.job) into busy
  from (
    select j.job from json_table(jobs, '$[*]' columns (job $name path '$')) j
    where (select 1 from onejob_live l force index (ready_slice) where l.worker = '' and l.suspect = rejected and l.job = j.job limit 1) = 1
  ) x;
  while place < json_length(busy) do
    set of_job = json_unquote(json_extract(busy, concat('$[', place, ']')));
    select max(x.queue) into of_queue from (select l.queue from onejob_live l force index (ready_slice)
      where l.worker = '' and l.suspect = rejected and l.job = of_job order by l.queue limit 1) x;
    while of_queue is not null do
      if shut is null or not exists (
        select 1 from json_table(shut, '$[*]' columns (queue $name path '$')) s where s.queue = of_queue
      ) then
        select max(x.priority) into of_priority from (select l.priority from onejob_live l force index (ready_slice)
          where l.worker = '' and l.suspect = rejected and l.job = of_job and l.queue = of_queue order by l.priority desc limit 1) x;
        while of_priority is not null do
          set slices_found = json_array_append(coalesce(slices_found, '[]'), '$',
            json_object('s', rejected, 'j', of_job, 'q', of_queue, 'p', of_priority));
          select max(x.priority) into of_priority from (select l.priority from onejob_live l force index (ready_slice)
            where l.worker = '' and l.suspect = rejected and l.job = of_job and l.queue = of_queue and l.priority < of_priority
            order by l.priority desc limit 1) x;
        end while;
      end if;
      select max(x.queue) into of_queue from (select l.queue from onejob_live l force index (ready_slice)
        where l.worker = '' and l.suspect = rejected and l.job = of_job and l.queue > of_queue order by l.queue limit 1) x;
    end while;
    set place = place + 1;
  end while;
  set found = null;
  if slices_found is not null then
    select json_arrayagg(json_object('s', rejected, 'j', x.job, 'q', x.queue, 'p', x.priority)) into found
    from (
      select f.job, f.queue, f.priority
      from json_table(slices_found, '$[*]' columns (job $name path '$.j', queue $name path '$.q', priority int path '$.p')) f
      order by f.queue, f.priority desc limit 100000
    ) x;
  end if;
end`,

  // Of each line a range of due runs: what is due later, paused, or of a job that this worker does not know is never
  // walked over. Candidates are read without locks, a few more than wanted; locks are taken in their order until there
  // are enough, and rows that another claimer has locked are passed by. 'next_at': when the next run is due, those
  // included that were passed by.
  `create procedure onejob_claim_slices(in me $id, in number bigint, in label $name, in terms $text, in jobs $text, in shut $text,
  in free int, in turn bigint, in t bigint, out got $text, out next_at bigint)
sql security invoker
begin
  declare slices_found, candidates, first_candidate, part, taken $text;
  declare doubt $id;
  declare width, found, in_queue, part_count, taken_count, place, slice_priority, last_priority int;
  declare slice_job, slice_queue, last_queue $name;
  set got = null, next_at = null;
  call onejob_slices(0, jobs, shut, slices_found);
  call onejob_first_suspect(me, jobs, shut, t, doubt, first_candidate);
  if slices_found is not null or doubt is not null then
    set width = 2 * free + 16;
    widening: loop
      set candidates = first_candidate, found = if(doubt is null, 0, 1), place = 0, last_queue = null, in_queue = 0;
      ${gatherCandidates}
      if candidates is null then leave widening; end if;
      ${lockInTurn}
      if taken_count > 0 then
        call onejob_take(taken, me, number, label, terms, t);
        if got is null then set got = taken; else set got = json_merge_preserve(got, taken); end if;
        set free = free - taken_count;
      end if;
      if free <= 0 or found < width or width > 4000 then leave widening; end if;
      set width = width * 4;
    end loop;
    -- who got all that was wished looks again anyway
    if found > taken_count and free <= 0 then set next_at = t;
    elseif found > taken_count then
      select min(c.due_at) into next_at
      from json_table(candidates, '$[*]' columns (run $id path '$.r', due_at bigint path '$.d')) c
      straight_join onejob_live l force index (primary) on l.run = c.run
      where l.worker = '';
    end if;
    if next_at is null then
      call onejob_next_due(slices_found, t, next_at);
    end if;
  end if;
end`,

  // When the next run of these lines is due that is not due yet. A seek for each, with fixed values: of a line that is a
  // row of another table MySQL reads and sorts all that is due later.
  `create procedure onejob_next_due(in slices_found $text, in t bigint, out next_at bigint)
sql security invoker
begin
  declare slice_job, slice_queue $name;
  declare slice_priority, place int default 0;
  declare slice_next bigint;
  set next_at = null;
  while place < json_length(slices_found) do
    set slice_job = json_unquote(json_extract(slices_found, concat('$[', place, '].j')));
    set slice_queue = json_unquote(json_extract(slices_found, concat('$[', place, '].q')));
    set slice_priority = json_extract(slices_found, concat('$[', place, '].p'));
    select max(x.due_at) into slice_next from (select l.due_at from onejob_live l force index (ready_slice)
      where l.worker = '' and l.suspect = 0 and l.job = slice_job and l.queue = slice_queue and l.priority = slice_priority and l.due_at > t
      order by l.due_at limit 1) x;
    if next_at is null or slice_next < next_at then set next_at = slice_next; end if;
    set place = place + 1;
  end while;
end`,

  // A process that runs work by itself has few roots: their unfinished runs are read and sorted.
  `create procedure onejob_claim_tree(in me $id, in number bigint, in label $name, in terms $text, in jobs $text, in shut $text,
  in free int, in tree $text, in t bigint, out got $text, out next_at bigint)
sql security invoker
begin
  declare candidates $text;
  declare doubt $id;
  set got = null;
  select json_arrayagg(json_object('r', x.run, 'p', x.priority, 'd', x.due_at, 's', x.suspect)), min(if(x.due_at > t, x.due_at, null))
  into candidates, next_at
  from (
    select m.run, m.priority, m.due_at, m.suspect
    from (
      select l.run, l.priority, l.due_at, l.worker, l.queue, l.job, l.suspect
      from json_table(tree, '$[*]' columns (run $id path '$')) r straight_join onejob_live l force index (primary) on l.run = r.run
      union
      select l.run, l.priority, l.due_at, l.worker, l.queue, l.job, l.suspect
      from json_table(tree, '$[*]' columns (run $id path '$')) r straight_join onejob_live l force index (by_root) on l.root = r.run
    ) m
    where m.worker = '' and m.due_at is not null
      and m.job in (select j.job from json_table(jobs, '$[*]' columns (job $name path '$')) j)
      and (shut is null or m.queue not in (select s.queue from json_table(shut, '$[*]' columns (queue $name path '$')) s))
  ) x;
  if candidates is not null and not exists (
    select 1 from onejob_live l force index (ready_slice) where l.worker = me and l.suspect = 1
  ) then
    select max(x.run) into doubt
    from (
      select c.run from json_table(candidates, '$[*]' columns (run $id path '$.r', priority int path '$.p',
        due_at bigint path '$.d', suspect int path '$.s')) c
      where c.suspect = 1 and c.due_at <= t order by c.priority desc, c.due_at, c.run limit 1
    ) x;
  end if;
  if candidates is not null then
    select json_arrayagg(x.run) into got
    from (
      select l.run from (
        select c.run from json_table(candidates, '$[*]' columns (run $id path '$.r', priority int path '$.p',
          due_at bigint path '$.d')) c
        where c.due_at <= t order by c.priority desc, c.due_at, c.run limit 100000
      ) s
      straight_join onejob_live l force index (primary) on l.run = s.run
      where l.worker = '' and l.state <> 'running' and l.due_at <= t and (l.suspect = 0 or l.run = doubt)
      limit free for update of l skip locked
    ) x;
    if got is not null then call onejob_take(got, me, number, label, terms, t); end if;
  end if;
end`,

  // Hands locked runs to a worker. Those that were asked for by name get what the job's 'terms' say, where they have
  // nothing themselves.
  `create procedure onejob_take(in runs $text, in me $id, in number bigint, in label $name, in terms $text, in t bigint)
sql security invoker
begin
  declare by_name int;
  update json_table(runs, '$[*]' columns (run $id path '$')) g
  straight_join onejob_live l force index (primary) on l.run = g.run
  set l.state = 'running', l.worker = me, l.claim = number, l.node = label, l.epoch = l.epoch + 1, l.claimed_at = t,
    l.started_at = coalesce(l.started_at, t), l.waiting_for = null;
  select coalesce(sum(l.callbacks = 'unknown'), 0) into by_name
  from json_table(runs, '$[*]' columns (run $id path '$')) g straight_join onejob_live l force index (primary) on l.run = g.run;
  if by_name > 0 then
    update json_table(runs, '$[*]' columns (run $id path '$')) g
    straight_join onejob_live l force index (primary) on l.run = g.run
    straight_join json_table(terms, '$[*]' columns (name $name path '$.name', timeout bigint path '$.timeout',
      deadline bigint path '$.deadline', crashes int path '$.crashes', callbacks $label path '$.callbacks')) k
      on k.name = l.job
    set l.timeout_ms = coalesce(l.timeout_ms, k.timeout),
      l.deadline_at = coalesce(l.deadline_at, l.due_at + k.deadline), l.job_deadline_ms = k.deadline,
      l.max_crashes = k.crashes, l.callbacks = k.callbacks
    where l.callbacks = 'unknown';
  end if;
end`,
];
