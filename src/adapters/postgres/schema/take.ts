/** The end of every claim: locked runs become held ones. */
export const take = /* sql */ `
-- Hands locked runs to a worker; answers them. Those that were asked for by name get what the job's 'terms' say, where
-- they have nothing themselves.
create function take(runs text[], me text, number bigint, label text, terms json, t bigint) returns text[] language plpgsql volatile
as $$
begin
  if runs <> '{}' then
    with known as materialized (
      select x.* from json_to_recordset(terms) x(
        name text, timeout bigint, deadline bigint, crashes integer, callbacks text)
    )
    update live l set state = 'running', worker = me, claim = number, node = label, epoch = l.epoch + 1, claimed_at = t,
      started_at = coalesce(l.started_at, t), waiting_for = null,
      timeout_ms = case when l.callbacks = 'unknown' and l.timeout_ms is null
        then (select k.timeout from known k where k.name = l.job) else l.timeout_ms end,
      deadline_at = case when l.callbacks = 'unknown' and l.deadline_at is null
        then l.due_at + (select k.deadline from known k where k.name = l.job) else l.deadline_at end,
      job_deadline_ms = case when l.callbacks = 'unknown'
        then (select k.deadline from known k where k.name = l.job) else l.job_deadline_ms end,
      max_crashes = case when l.callbacks = 'unknown'
        then (select k.crashes from known k where k.name = l.job) else l.max_crashes end,
      callbacks = case when l.callbacks = 'unknown'
        then (select k.callbacks from known k where k.name = l.job) else l.callbacks end
    where l.run = any(runs);
  end if;
  return runs;
end $$;
`;
