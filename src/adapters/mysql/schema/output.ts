/** The output of runs: protocol/journal#chunks-of-output. */
export const output: readonly string[] = [
  // Chunks of output [{ i, run, epoch, seq, start, size }]: each is 'size' bytes of 'data' from 'start' on, and written
  // only as last + 1 of its run and under the fence. 'reports' are of progress, [{ run, epoch, progress }], one a run;
  // 'runs' all the runs that either names, in order. Answers the verdicts that are not 'ok' as rows (i, verdict).
  `create procedure onejob_append_v1(in me $id, in runs $text, in chunks $text, in data longblob, in reports $text)
sql security invoker
begin
  declare found int;
  declare lasts $text;
  $begin
  select count(*) into found
  from json_table(runs, '$[*]' columns (run $id path '$')) j
  straight_join onejob_live l force index (primary) on l.run = j.run
  for update of l;
  if chunks is not null then
    select json_arrayagg(json_object('run', x.run, 'epoch', x.epoch, 'last', x.last)) into lasts
    from (
      select l.run, l.epoch, coalesce((select max(o.seq) from onejob_output o where o.run = l.run), 0) last
      from json_table(runs, '$[*]' columns (run $id path '$')) j
      straight_join onejob_live l force index (primary) on l.run = j.run
      where l.worker = me and l.state = 'running'
    ) x;
    insert into onejob_output (run, seq, bytes)
    select g.run, g.seq, substring(data, g.start + 1, g.size)
    from (
      select c.run, c.seq, c.start, c.size, c.i, h.last, c.seq - dense_rank() over (partition by c.run order by c.seq) before_it
      from json_table(chunks, '$[*]' columns (i int path '$.i', run $id path '$.run', epoch int path '$.epoch',
        seq int path '$.seq', start int path '$.start', size int path '$.size')) c
      join json_table(coalesce(lasts, '[]'), '$[*]' columns (run $id path '$.run', epoch int path '$.epoch',
        last int path '$.last')) h on h.run = c.run and h.epoch = c.epoch and c.seq > h.last
    ) g
    where g.before_it = g.last order by g.run, g.seq, g.i
    on duplicate key update seq = onejob_output.seq;
    select c.i, if(h.run is null, 'stale', 'gap') verdict
    from json_table(chunks, '$[*]' columns (i int path '$.i', run $id path '$.run', epoch int path '$.epoch',
      seq int path '$.seq')) c
    left join json_table(coalesce(lasts, '[]'), '$[*]' columns (run $id path '$.run', epoch int path '$.epoch')) h
      on h.run = c.run and h.epoch = c.epoch
    left join onejob_output o force index (primary) on o.run = c.run and o.seq = c.seq
    where h.run is null or o.run is null;
  end if;
  if reports is not null then
    update json_table(reports, '$[*]' columns (run $id path '$.run', epoch int path '$.epoch', progress $text path '$.progress')) p
    straight_join onejob_live l force index (primary) on l.run = p.run
    set l.progress = p.progress where l.worker = me and l.state = 'running' and l.epoch = p.epoch;
  end if;
  $commit;
end`,
];
