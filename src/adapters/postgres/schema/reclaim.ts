import { settings } from './settings.ts';

/** What claims answer, those of `claim_v1`, too: one row that tells the time, then one a claim. */
export const columns = `
  now bigint, next bigint, cursor text, id text, epoch integer, job text, key text, trigger text, input text, args text,
  request text, attempt integer, first_attempt integer, crashes integer, suspect integer, generation integer, priority integer, trace_id text, parent text,
  root text, scheduled_at bigint, created_at bigint, timeout_ms bigint, deadline_at bigint, output_seq integer,
  output_bytes bigint, steps integer, mailbox_seq integer
`;

export const clock = (nextAndCursor: string): string => `
    select t, ${nextAndCursor}, null::text, null::integer, null::text, null::text, null::text, null::text,
      null::text, null::text, null::integer, null::integer, null::integer, null::integer, null::integer, null::integer,
      null::text, null::text,
      null::text, null::bigint, null::bigint, null::bigint, null::bigint, null::integer, null::bigint, null::integer,
      null::integer`;

export const claims = (which: string): string => `
    select null::bigint, null::bigint, null::text, r.id, nullif(l.epoch, 1), r.job, r.key, r.trigger, r.input, r.args,
      r.request, nullif(l.attempt, 1), nullif(l.first_attempt, 1), nullif(l.crashes, 0), nullif(l.suspect, 0), nullif(l.generation, 0), nullif(l.priority, 0), r.trace_id,
      r.parent, r.root, r.scheduled_at, r.created_at, l.timeout_ms, l.deadline_at,
      case when l.epoch > 1 then (select o.seq from output o where o.run = l.run order by o.seq desc limit 1) end,
      case when l.epoch > 1 then (select sum(length(o.bytes)) from output o where o.run = l.run) end,
      case when l.epoch > 1 then (select count(*)::integer from steps s where s.run = l.run) end,
      nullif(l.mailbox_seq, 0)
    from live l cross join lateral (select * from runs r where r.id = l.run limit 1) r
    where ${which}
    order by l.priority desc, l.due_at, l.run`;

/** Claims whose answers were lost. */
export const reclaim = /* sql */ `
-- What claim 'number' took and the worker still holds, as claim_v1 answers it; that claim, and those before it, take
-- nothing any more. One that is on its way keeps a lock of the worker's row, so it is waited for.
create function reclaim_v1(me text, number bigint) returns table (${columns}) language plpgsql volatile
${settings}
as $$
#variable_conflict use_column
declare
  t bigint := now_ms();
begin
  return query ${clock('null::bigint, null::text')};
  perform check_isolation();
  perform from workers w where w.id = me and w.evicted_at is null for update;
  if not found then return; end if;
  update workers w set closed = number where w.id = me and w.closed < number;
  return query ${claims('l.worker = me and l.claim = number')};
end $$;
`;
