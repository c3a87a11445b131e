/** What becomes of a run that nobody holds any more: `stateAfterLetGo` and `letGoVerdict` of job/transition.ts. */
export const letGo = /* sql */ `
-- How those of these runs end, whose rows the caller has locked, that somebody has asked to cancel: as end_runs takes
-- it, or null. Who lets runs go ends them so, after all are let go: else a child among them would count as running.
create function ends_of_cancelled(ids text[]) returns json language plpgsql volatile
as $$
begin
  return (
    select json_agg(json_build_object('run', l.run, 'state', 'cancelled', 'error', cancel_failure(c.actor, c.reason)))
    from unnest(ids) i(run)
    join live l on l.run = i.run and l.mailbox_seq > 0
    cross join lateral (
      select m.actor, m.reason from mailbox m
      where m.run = l.run and m.kind = 'cancel' and m.consumed_by is null order by m.n limit 1
    ) c);
end $$;

-- Which of these runs somebody has asked to cancel.
create function cancel_requested(ids text[]) returns text[] language plpgsql volatile
as $$
begin
  if ids = '{}' then return ids; end if;
  return array(select e->>'run' from json_array_elements(ends_of_cancelled(ids)) e);
end $$;

-- Suspensions and hand-backs of the runs 'mine', held in 'epochs'. One that wishes to wait is queued, due now, where its
-- mailbox is newer than what was seen. Answers the verdicts that are not 'ok' as [[i, verdict]], or null. Sent again they
-- find the run held by nobody in the same epoch, or cancelled in it.
create function let_go(items json, mine text[], epochs integer[], t bigint) returns json language plpgsql volatile
as $$
declare
  freed text[];
  ends json;
begin
  with given as materialized (
    select g.* from json_to_recordset(items) g(
      run text, epoch integer, wish text, mailbox_seq integer, delay bigint, waiting text, attempt integer, error text)
    join unnest(mine, epochs) m(run, epoch) on m.run = g.run and m.epoch = g.epoch
  ), gone as (
    update live l set worker = null,
      state = case when l.mailbox_seq > g.mailbox_seq then 'queued' else g.wish end,
      waiting_for = case when l.mailbox_seq > g.mailbox_seq then null else g.waiting end,
      due_at = case when l.mailbox_seq > g.mailbox_seq then t when g.wish = 'queued' and g.delay = 0 then l.due_at
        else t + g.delay end,
      error = case g.wish when 'queued' then g.error else l.error end,
      crashes = case when g.wish = 'waiting' or g.attempt > l.attempt then 0 else l.crashes end,
      crash_records = case when g.wish = 'waiting' or g.attempt > l.attempt then null else l.crash_records end,
      suspect = case when g.wish = 'waiting' or g.attempt > l.attempt then 0 else l.suspect end,
      attempt = coalesce(g.attempt, l.attempt)
    from given g where l.run = g.run and l.run = any(array(select g.run from given g))
    returning l.run
  )
  select array_agg(run) into freed from gone;
  ends := ends_of_cancelled(freed);
  if ends is not null then
    perform end_runs(ends, null, null, t);
  elsif cardinality(freed) = json_array_length(items) then
    return null;
  end if;
  return (
    select json_agg(json_build_array(x.i, x.verdict)) from (
      select g.i, case
        when l.worker is null and l.epoch = g.epoch then 'ok'
        when l.run is null and o.epoch = g.epoch and o.state = 'cancelled' then 'cancelled'
        else 'stale' end verdict
      from json_to_recordset(items) g(i integer, run text, epoch integer)
      left join lateral (select * from live l where l.run = g.run limit 1) l on true
      left join lateral (select * from outcomes o where o.run = g.run limit 1) o on true
    ) x where x.verdict <> 'ok');
end $$;
`;
