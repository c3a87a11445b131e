import { fullMailbox } from '../../../job/transition.ts';
import { settings } from './settings.ts';

/** Actions on runs, and pauses: protocol/claims#repeated-actions. */
export const act = /* sql */ `
-- 'items' are [{ i, id, kind, actor, reason, ref, callbacks, name, data, from, delay, type, until }], carried out in their order.
-- What had an effect is kept under its id: a repeat, also one that comes while the first is on its way, gets the same
-- answer. Answers [{ i, verdict, run, state }].
create function act_v1(items json) returns json language plpgsql volatile
${settings}
as $$
declare
  t bigint;
  a record;
  known text;
  named text[];
  falling text[];
  answer json[] := '{}';
begin
  perform check_isolation();
  -- all rows in one order; what they say is read again below, one by one
  perform from schedules s
  where s.name in (select x.name from json_to_recordset(items) x(type text, name text) where x.type = 'schedule')
  order by s.name for no key update;
  select array_agg(distinct x.run), coalesce(array_agg(x.run) filter (where x.kind in ('cancel', 'retry', 'restart')), '{}')
  into named, falling
  from (select run_of(i.ref) run, i.kind from json_to_recordset(items) i(ref text, kind text) where i.ref is not null) x
  where x.run is not null;
  if named is not null then
    perform lock_runs(named, falling, true);
    if exists (select from unnest(named) n(run) where not exists (select from live l where l.run = n.run)) then
      -- ended, or about to live again by somebody else
      perform from outcomes o where o.run = any(named) order by o.run for update;
      perform lock_runs(named, falling, false);
    end if;
  end if;
  t := now_ms();
  for a in
    select x.*, run_of(x.ref) run
    from json_to_recordset(items) x(i integer, id text, kind text, actor text, reason text, ref text, callbacks text,
      name text, data text, "from" text, delay bigint, type text, until bigint)
    order by x.i
  loop
    if a.type is not null then
      if a.kind = 'resume' then
        delete from pauses p where p.type = a.type and p.name = a.name;
      else
        insert into pauses as p (type, name, until, actor, reason, at)
        values (a.type, a.name, a.until, a.actor, a.reason, t)
        on conflict (type, name) do update set until = excluded.until, actor = excluded.actor,
          reason = excluded.reason, at = excluded.at
        where (p.until, p.actor, p.reason) is distinct from (excluded.until, excluded.actor, excluded.reason);
      end if;
      if found and a.type = 'schedule' then
        -- a fire that was worked out before is refused
        update schedules s set revision = s.revision + 1, fired = null where s.name = a.name;
      end if;
      answer := answer || json_build_object('i', a.i, 'verdict', 'done');
    elsif a.run is null then
      answer := answer || json_build_object('i', a.i, 'verdict', 'unknown');
    else
      select s.verdict into known from actions s where s.run = a.run and s.id = a.id;
      if known is null then
        known := act_on_run(a.run, a.kind, a.actor, a.reason, a.callbacks, a.name, a.data, a."from", a.delay, t);
        if known in ('done', 'pending') then
          insert into actions (run, id, kind, verdict, actor, reason, at)
          values (a.run, a.id, a.kind, known, a.actor, a.reason, t);
        end if;
      end if;
      answer := answer || json_build_object('i', a.i, 'verdict', known, 'run', a.run, 'state', coalesce(
        (select l.state from live l where l.run = a.run), (select o.state from outcomes o where o.run = a.run)));
    end if;
  end loop;
  return to_json(answer);
end $$;

-- The run that an id or a key means.
create function run_of(ref text) returns text language sql stable
as $$ select coalesce((select id from runs where id = ref), (select run from keys where key = ref)) $$;

-- One action on one run; its verdict.
create function act_on_run(
  target text, kind text, by_actor text, because text, known_callbacks text, name text, data text, from_step text,
  delay bigint, t bigint
) returns text language plpgsql volatile
as $$
declare
  alive live;
  ended outcomes;
begin
  loop
    select * into alive from live l where l.run = target for no key update;
    exit when alive.run is not null;
    select * into ended from outcomes o where o.run = target for update;
    exit when ended.run is not null;
    -- neither: it was revived or pruned between the two looks
    if not exists (select from runs r where r.id = target) then return 'unknown'; end if;
  end loop;

  if alive.run is null then
    case kind
      when 'retry' then
        if ended.state = 'succeeded' then return 'finished'; end if;
        perform revive(ended, array(select s.key from steps s
            where s.run = target and s.state = 'failed' and s.child is null),
          '{running,failed}', ended.attempt + 1, ended.generation, t);
        return 'done';
      when 'restart' then
        if from_step is not null and not exists (select from steps s where s.run = target and s.key = from_step) then
          return 'step-unknown';
        end if;
        perform revive(ended, array(select s.key from steps s where s.run = target and s.first_seq >= coalesce((
            select f.first_seq from steps f where f.run = target and f.key = from_step), 0)),
          '{running}', 1, ended.generation + 1, t);
        return 'done';
      else return 'finished';
    end case;
  end if;

  case kind
    when 'cancel' then
      if alive.state <> 'running' then
        update live l set callbacks = known_callbacks where l.run = target and l.callbacks = 'unknown';
        perform end_runs(json_build_array(json_build_object('run', target, 'state', 'cancelled', 'error',
          cancel_failure(by_actor, because))), null, null, t);
        return 'done';
      end if;
      perform post(json_build_array(json_build_object('i', 0, 'run', target, 'kind', kind, 'name', '', 'actor',
        by_actor, 'reason', because)), t);
      return 'pending';
    when 'event' then
      if exists (
        select from mailbox m where m.run = target and m.consumed_by is null and m.kind = 'event'
        having count(*) >= ${fullMailbox.events} or sum(m.bytes) >= ${fullMailbox.bytes}
      ) then
        return 'full';
      end if;
      perform post(json_build_array(json_build_object('i', 0, 'run', target, 'kind', kind, 'name', name, 'data', data,
        'actor', by_actor, 'reason', because)), t);
      return 'pending';
    when 'reschedule' then
      if alive.state <> 'queued' then return 'active'; end if;
      -- the deadline counts from the due instant, so it moves along
      update live l set due_at = t + delay, deadline_at = t + delay + coalesce(r.deadline_ms, l.job_deadline_ms)
      from runs r where l.run = target and r.id = target;
      return 'done';
    else return 'active';
  end case;
end $$;

-- The outcome of a run that was cancelled while nobody held it.
create function cancel_failure(actor text, reason text) returns json language sql immutable
as $$
  select json_build_object('code', 'RUN_CANCELLED', 'message', 'cancelled by ' || actor || coalesce(': ' || reason, ''))
$$;

-- Queues a finished run once more without the steps 'forgotten': the mailbox items that they took are in the box again, their
-- children are linked no more. Id, key, input and the instant of creation stay, the output goes on, the epoch grows on:
-- each life has its own. Steps in 'states' that have a child are to look at it, whose end told nobody while this run was
-- finished; what it told before is read.
create function revive(
  ended outcomes, forgotten text[], states text[], attempt integer, generation integer, t bigint
)
returns void language plpgsql volatile
as $$
begin
  update mailbox m set consumed_by = null where m.run = ended.run and m.consumed_by = any(forgotten);
  delete from steps s where s.run = ended.run and s.key = any(forgotten);
  update steps s set state = 'running', n = 0, tries = 0, output = null, error = null, finished_at = null
  where s.run = ended.run and s.child is not null and s.state = any(states);
  update mailbox m set consumed_by = '' where m.run = ended.run and m.kind = 'child' and m.consumed_by is null;
  delete from outcomes o where o.run = ended.run;
  insert into live (run, job, queue, priority, due_at, state, epoch, mailbox_seq, max_crashes, attempt, first_attempt, generation,
    root, parent, schedule, timeout_ms, deadline_at, callbacks)
  select r.id, r.job, r.queue, r.priority, t, 'queued', ended.epoch + 1, ended.mailbox_seq, r.max_crashes, revive.attempt, revive.attempt,
    revive.generation, r.root, r.parent, r.schedule, r.timeout_ms, t + r.deadline_ms, r.callbacks
  from runs r where r.id = ended.run;
  -- A child that is ending saw no parent to tell: who looks at it later must find it ended. After the row of its parent is
  -- there: a child that is born from now on waits for that row when it ends.
  perform lock_runs(array(select l.run from live l where l.parent = ended.run), '{}', false);
end $$;
`;
