import { settings } from './settings.ts';

/** Columns of a new run in the batch (adapters/sql/new-run.ts). */
const newRun = `id text, key text, job text, queue text, trigger text, priority integer, input text, args text,
      request text, due bigint, delay bigint, timeout bigint, deadline bigint, crashes integer, callbacks text,
      trace text, parent text, root text, schedule text, scheduled bigint, holder text, claim bigint`;

/** What never changes of the runs `given`. */
const insertRuns = `insert into runs (id, key, job, queue, trigger, priority, input, args, request, timeout_ms, deadline_ms,
      max_crashes, callbacks, trace_id, parent, root, schedule, scheduled_at, created_at, due_at)
    select g.id, g.key, g.job, g.queue, g.trigger, coalesce(g.priority, 0), g.input, g.args, g.request, g.timeout,
      g.deadline, g.crashes, g.callbacks, g.trace, g.parent, g.root, g.schedule, g.scheduled, t, g.due_at
    from given g`;

const liveColumns = `run, job, queue, priority, due_at, state, worker, claim, node, epoch, max_crashes, root, parent,
      schedule, timeout_ms, deadline_at, callbacks, started_at, claimed_at`;

/**
 * Creates all runs as if each were new and held as wished: half the cost of looking. An id that is there is a
 * `unique_violation`. Reads: items, keepers, t.
 */
const createTakenForGranted = `
      with given as materialized (
        select n.*, coalesce(n.due, t + coalesce(n.delay, 0)) due_at,
          case when n.claim > (keepers->>n.holder)::bigint then n.holder end keeper
        from json_to_recordset(items) n(
          ${newRun})
      ), kept as (
        ${insertRuns}
      )
      insert into live (${liveColumns})
      select g.id, g.job, g.queue, coalesce(g.priority, 0), g.due_at,
        case when g.keeper is null then 'queued' else 'running' end, g.keeper,
        case when g.keeper is not null then g.claim end,
        case when g.keeper is not null then (select w.node from workers w where w.id = g.keeper) end,
        (g.keeper is not null)::integer, g.crashes, g.root, g.parent, g.schedule, g.timeout, g.due_at + g.deadline,
        g.callbacks, case when g.keeper is not null then t end, case when g.keeper is not null then t end
      from given g;`;

/**
 * Creates those that are new: the others have an id that is there, or a key that another run has. A statement of its own:
 * it sees the keys of those it waited for. Reads: items, keepers, t. Sets: wished, the runs that may be held as they wish,
 * and made, those that were created.
 */
const createNew = `
  with given as materialized (
    select n.*, coalesce(n.due, t + coalesce(n.delay, 0)) due_at, (n.claim > (keepers->>n.holder)::bigint) is true is_held
    from json_to_recordset(items) n(
      i integer, ${newRun})
  ), fresh as (
    ${insertRuns}
    where g.key is null or (select k.run from keys k where k.key = g.key) = g.id
    order by g.id collate "C"
    on conflict (id) do nothing
    returning id, job, queue, priority, due_at, max_crashes, root, parent, schedule, timeout_ms, deadline_ms, callbacks
  ), held as (
    select distinct on (g.id) g.id, g.holder, g.claim from given g where g.is_held
  ), alive as (
    insert into live (${liveColumns})
    select f.id, f.job, f.queue, f.priority, f.due_at, case when w.id is null then 'queued' else 'running' end,
      w.id, h.claim, w.node, (w.id is not null)::integer, f.max_crashes, f.root, f.parent, f.schedule, f.timeout_ms,
      f.due_at + f.deadline_ms, f.callbacks, case when w.id is not null then t end,
      case when w.id is not null then t end
    from fresh f left join held h on h.id = f.id
    left join lateral (select id, node from workers w where w.id = h.holder limit 1) w on true
    returning worker
  )
  select (select count(*) filter (where g.holder is null or g.is_held) from given g), (select count(*) from alive)
  into wished, made;`;

/** Answers what became of each run of the batch. Reads: items. */
const answerEach = `
  return (
    select json_agg(json_build_object('i', n.i, 'verdict', case
        when n.key is null or k.run = n.id then 'created'
        when k.job = n.job and k.digest is not distinct from n.digest then 'existing'
        else 'conflict' end,
      'run', coalesce(k.run, n.id), 'key', n.key, 'job', coalesce(k.job, n.job),
      'state', coalesce(l.state, o.state, 'queued'), 'holder', case when l.epoch = 1 then l.worker end, 'claim', case when l.epoch = 1 then l.claim end) order by n.i)
    from json_to_recordset(items) n(i integer, id text, key text, job text, digest text)
    left join lateral (select * from keys k where k.key = n.key limit 1) k on true
    left join lateral (select * from live l where l.run = coalesce(k.run, n.id) limit 1) l on true
    left join lateral (select * from outcomes o where o.run = coalesce(k.run, n.id) limit 1) o on true);`;

/** Creating runs. */
export const create = /* sql */ `
-- Creates the runs that are new. 'items' are NewRuns in short (see submit.ts), each with its place 'i', 'size' is their
-- number, 'keyed' whether any has a key, 'holders' the workers that they name; one that is not among them, or has closed
-- the 'claim' that they name with it, is passed over.
-- Answers null when each is new and held as wished (the usual case); else for all of them
-- [{ i, verdict, run, key, job, state, holder, claim }], the last two only while it is held as it was born.
-- Without holders it is right in a transaction of any isolation, as one of a user may be: where that has missed a key, the
-- server ends it. A key that another transaction is creating is waited for only where 'patient'.
create function create_v1(
  items json, size integer, keyed boolean, holders text[], t bigint default now_ms(), patient boolean default true
) returns json language plpgsql volatile
${settings}
as $$
declare
  keepers json;
  all_held boolean := true;
  wished integer := 0;
  made integer := 0;
begin
  if cardinality(holders) > 0 then
    perform check_isolation();
    keepers := living(holders);
    all_held := not exists (
      select from json_to_recordset(items) n(holder text, claim bigint)
      where n.holder = any(holders) and (n.claim > (keepers->>n.holder)::bigint) is not true);
  end if;
  if keyed then
    if patient then
      select k.wished, k.made into wished, made from keep_keys(items) k;
    else
      select k.wished, k.made into wished, made from keep_free_keys(items) k;
    end if;
  end if;
  if made = wished and all_held then
    -- As far as keys and holders say, all are new and held as wished. Taken for granted that costs half as much.
    begin
      ${createTakenForGranted}
      return null;
    exception when unique_violation then
      -- not the first delivery of this submit
    end;
  end if;
  ${createNew}
  if wished = size and made = size then return null; end if;
  ${answerEach}
end $$;
`;
