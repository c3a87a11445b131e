import { settings } from './settings.ts';

/** The output of runs: protocol/journal#chunks-of-output. */
export const output = /* sql */ `
-- Chunks of output, as columns: a chunk is the bytes of 'data' from 'starts' on, 'sizes' long. Each is written only as
-- last + 1 of its run and under the fence. 'reports' are of progress, [{ run, epoch, progress }], one a run. Answers the verdicts
-- that are not 'ok' as [[i, verdict]], counted from 0, or null.
create function append_v1(
  me text, runs text[], epochs integer[], seqs integer[], starts integer[], sizes integer[], data bytea, reports json
) returns json language plpgsql volatile
${settings}
as $$
declare
  held text[];
  held_epochs integer[];
  lasts integer[];
  rejected json;
begin
  perform check_isolation();
  select array_agg(l.run), array_agg(l.epoch) into held, held_epochs
  from (
    select l.run, l.epoch, l.state, l.worker from live l
    where l.run = any(runs || array(select p.run from json_to_recordset(reports) p(run text)))
    order by l.run for no key update
  ) l
  where l.worker = me and l.state = 'running';
  -- a statement of its own: it sees what those wrote whom the lock waited for
  lasts := array(
    select coalesce((select o.seq from output o where o.run = h.run order by o.seq desc limit 1), 0)
    from unnest(held) with ordinality h(run, i) order by h.i);
  with given as materialized (
    select g.*, m.last,
      dense_rank() over (partition by g.run, m.last, g.seq > m.last order by g.seq) place
    from unnest(runs, epochs, seqs, starts, sizes) with ordinality g(run, epoch, seq, start, size, i)
    left join unnest(held, held_epochs, lasts) m(run, epoch, last) on m.run = g.run and m.epoch = g.epoch
  ), added as (
    insert into output (run, seq, bytes)
    select distinct on (g.run, g.seq) g.run, g.seq, substring(data from g.start + 1 for g.size)
    from given g where g.seq > g.last and g.seq - g.last = g.place
    order by g.run, g.seq, g.i
  )
  select json_agg(json_build_array(g.i - 1, case when g.last is null then 'stale' else 'gap' end)) into rejected
  from given g where g.last is null or g.seq > g.last and g.seq - g.last <> g.place;
  if reports is not null then
    update live l set progress = p.progress
    from json_to_recordset(reports) p(run text, epoch integer, progress text)
    join unnest(held, held_epochs) m(run, epoch) on m.run = p.run and m.epoch = p.epoch
    where l.run = p.run;
  end if;
  return rejected;
end $$;
`;
