import { settings } from './settings.ts';

/** What all other functions stand on: the clock, creating runs, ending runs, mail. */
export const base = /* sql */ `
-- The store's clock in milliseconds: of this moment, not of the transaction's begin.
create function now_ms() returns bigint language sql volatile
as $$ select floor(extract(epoch from clock_timestamp()) * 1000)::bigint $$;

-- Refuses a transaction that looks at one moment for all of its statements: what waited for a lock there goes on with what
-- it saw before, and no lock is a fence. Which isolation a session begins with is a setting of role, database and server.
create function check_isolation() returns void language plpgsql stable
as $$
begin
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception using errcode = 'OJ003', message = current_setting('transaction_isolation');
  end if;
end $$;

-- The workers among these that are registered and not evicted, as { id: closed }. Their rows stay locked against an eviction
-- and a 'reclaim', not against a heartbeat.
create function living(ids text[]) returns json language plpgsql volatile
as $$
begin
  return (
    select json_object_agg(w.id, w.closed)
    from (
      select id, closed from workers where id = any(ids) and evicted_at is null order by id for key share
    ) w);
end $$;

-- The workers that new runs name as their holders.
create function holders_of(items json) returns text[] language sql immutable
as $$ select array(select distinct n.holder from json_to_recordset(items) n(holder text) where n.holder is not null) $$;

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
      with given as materialized (
        select n.*, coalesce(n.due, t + coalesce(n.delay, 0)) due_at,
          case when n.claim > (keepers->>n.holder)::bigint then n.holder end keeper
        from json_to_recordset(items) n(
          id text, key text, job text, queue text, trigger text, priority integer, input text, args text,
          request text, due bigint, delay bigint, timeout bigint, deadline bigint, crashes integer, callbacks text,
          trace text, parent text, root text, schedule text, scheduled bigint, holder text, claim bigint)
      ), kept as (
        insert into runs (id, key, job, queue, trigger, priority, input, args, request, timeout_ms, deadline_ms,
          max_crashes, callbacks, trace_id, parent, root, schedule, scheduled_at, created_at, due_at)
        select g.id, g.key, g.job, g.queue, g.trigger, coalesce(g.priority, 0), g.input, g.args, g.request, g.timeout,
          g.deadline, g.crashes, g.callbacks, g.trace, g.parent, g.root, g.schedule, g.scheduled, t, g.due_at
        from given g
      )
      insert into live (run, job, queue, priority, due_at, state, worker, claim, node, epoch, max_crashes, root, parent,
        schedule, timeout_ms, deadline_at, callbacks, started_at, claimed_at)
      select g.id, g.job, g.queue, coalesce(g.priority, 0), g.due_at,
        case when g.keeper is null then 'queued' else 'running' end, g.keeper,
        case when g.keeper is not null then g.claim end,
        case when g.keeper is not null then (select w.node from workers w where w.id = g.keeper) end,
        (g.keeper is not null)::integer, g.crashes, g.root, g.parent, g.schedule, g.timeout, g.due_at + g.deadline,
        g.callbacks, case when g.keeper is not null then t end, case when g.keeper is not null then t end
      from given g;
      return null;
    exception when unique_violation then
      -- not the first delivery of this submit
    end;
  end if;
  -- a statement of its own: it sees the keys of those it waited for
  with given as materialized (
    select n.*, coalesce(n.due, t + coalesce(n.delay, 0)) due_at, (n.claim > (keepers->>n.holder)::bigint) is true is_held
    from json_to_recordset(items) n(
      i integer, id text, key text, job text, queue text, trigger text, priority integer, input text, args text,
      request text, due bigint, delay bigint, timeout bigint, deadline bigint, crashes integer, callbacks text,
      trace text, parent text, root text, schedule text, scheduled bigint, holder text, claim bigint)
  ), fresh as (
    insert into runs (id, key, job, queue, trigger, priority, input, args, request, timeout_ms, deadline_ms,
      max_crashes, callbacks, trace_id, parent, root, schedule, scheduled_at, created_at, due_at)
    select g.id, g.key, g.job, g.queue, g.trigger, coalesce(g.priority, 0), g.input, g.args, g.request, g.timeout,
      g.deadline, g.crashes, g.callbacks, g.trace, g.parent, g.root, g.schedule, g.scheduled, t, g.due_at
    from given g
    where g.key is null or (select k.run from keys k where k.key = g.key) = g.id
    order by g.id collate "C"
    on conflict (id) do nothing
    returning id, job, queue, priority, due_at, max_crashes, root, parent, schedule, timeout_ms, deadline_ms, callbacks
  ), held as (
    select distinct on (g.id) g.id, g.holder, g.claim from given g where g.is_held
  ), alive as (
    insert into live (run, job, queue, priority, due_at, state, worker, claim, node, epoch, max_crashes, root, parent,
      schedule, timeout_ms, deadline_at, callbacks, started_at, claimed_at)
    select f.id, f.job, f.queue, f.priority, f.due_at, case when w.id is null then 'queued' else 'running' end,
      w.id, h.claim, w.node, (w.id is not null)::integer, f.max_crashes, f.root, f.parent, f.schedule, f.timeout_ms,
      f.due_at + f.deadline_ms, f.callbacks, case when w.id is not null then t end,
      case when w.id is not null then t end
    from fresh f left join held h on h.id = f.id
    left join lateral (select id, node from workers w where w.id = h.holder limit 1) w on true
    returning worker
  )
  select (select count(*) filter (where g.holder is null or g.is_held) from given g), (select count(*) from alive)
  into wished, made;
  if wished = size and made = size then return null; end if;
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
    left join lateral (select * from outcomes o where o.run = coalesce(k.run, n.id) limit 1) o on true);
end $$;

-- Puts mailbox items into the boxes of unfinished runs and raises their mailbox in the same statement; a waiting run is queued,
-- due now. 'posts' are [{ i, run, kind, name, data, actor, reason }], for rows that the caller has locked.
create function post(posts json, t bigint) returns void language plpgsql volatile
as $$
begin
  with given as materialized (
    select w.*, row_number() over (partition by w.run order by w.i, w.name) k
    from json_to_recordset(posts) w(i integer, run text, kind text, name text, data text, actor text, reason text)
  ), raised as (
    update live l set mailbox_seq = l.mailbox_seq + c.n,
      due_at = case when l.state = 'waiting' then t else l.due_at end,
      waiting_for = case when l.state = 'waiting' then null else l.waiting_for end,
      state = case when l.state = 'waiting' then 'queued' else l.state end
    from (select run, count(*)::integer n from given group by run) c
    where l.run = c.run and l.run = any(array(select run from given))
    returning l.run, l.mailbox_seq - c.n as before
  )
  insert into mailbox (run, n, kind, name, data, actor, reason, at)
  select g.run, r.before + g.k, g.kind, g.name, g.data, g.actor, g.reason, t from given g join raised r on r.run = g.run;
end $$;

-- A UUIDv7 (RFC 9562 §5.7).
create function new_id() returns text language sql volatile
as $$
  select substr(t, 1, 8) || '-' || substr(t, 9, 4) || '-7' || substr(gen_random_uuid()::text, 16)
  from (select lpad(to_hex(now_ms()), 12, '0') t) x
$$;

-- Ends 'items' [{ run, epoch, state, output, response, error, progress, silent }]; where 'epochs' are given only those
-- of the runs 'ids' in these epochs. The caller has locked their rows and those of their parents, and of what ends
-- without success the kin. The live row goes, the outcome comes, requests to cancel that the run outlived are consumed, its parent gets
-- a mailbox item, and unless it succeeded its unfinished children are cancelled: those that run by mailbox item, the others here
-- and now, with their own children. Last come the runs of callbacks (as adapters/sql/callback-run.ts makes them), unless
-- 'silent': as children of runs that ended they would be cancelled.
create function end_runs(items json, ids text[], epochs integer[], t bigint) returns void language plpgsql volatile
as $$
declare
  with_mailbox text[];
  born text[];
  fallen text[];
  posts json;
  ends json;
  called json;
  calls json[] := '{}';
begin
  loop
    with given as materialized (
      select n.* from json_to_recordset(items) n(
        run text, epoch integer, state text, output text, response text, error text, progress text, silent boolean)
      left join unnest(ids, epochs) m(run, epoch) on m.run = n.run and m.epoch = n.epoch
      where epochs is null or m.run is not null
    ), gone as (
      delete from live l where l.run = any(array(select g.run from given g))
      returning l.*
    ), kept as (
      insert into outcomes (run, state, attempt, crashes, epoch, generation, mailbox_seq, due_at, started_at, finished_at,
        node, output, response, error, progress)
      select l.run, g.state, l.attempt, l.crashes, l.epoch, l.generation, l.mailbox_seq, l.due_at, l.started_at, t, l.node,
        g.output, g.response, g.error, coalesce(g.progress, l.progress)
      from gone l join given g on g.run = l.run
    )
    select array_agg(l.run) filter (where l.mailbox_seq > 0), array_agg(l.run) filter (where l.parent is not null),
      array_agg(l.run) filter (where g.state <> 'succeeded'),
      json_agg(json_build_object('i', 0, 'id', new_id(), 'job', l.job, 'queue', l.queue, 'trigger', 'parent',
        'key', format('callback:%s:%s', l.run, l.epoch), 'priority', l.priority,
        'timeout', l.timeout_ms, 'crashes', l.max_crashes, 'parent', l.run, 'root', coalesce(l.root, l.run),
        'trace', (select r.trace_id from runs r where r.id = l.run)))
        filter (where l.callbacks in ('both', case g.state when 'succeeded' then 'success' else 'failure' end)
          and g.silent is not true)
    into with_mailbox, born, fallen, called
    from gone l join given g on g.run = l.run;
    if called is not null then calls := calls || called; end if;

    if with_mailbox is not null then
      update mailbox set consumed_by = '' where run = any(with_mailbox) and kind = 'cancel' and consumed_by is null;
    end if;
    if born is not null then
      select json_agg(json_build_object('i', 0, 'run', r.parent, 'kind', 'child', 'name', r.id))
      into posts from runs r where r.id = any(born);
      perform post(posts, t);
    end if;
    exit when fallen is null;

    -- Who was born after the caller has locked: nobody may claim it between the statements below.
    perform lock_runs(array(select l.run from live l where l.parent = any(fallen)), '{}', false);
    select json_agg(json_build_object('i', 0, 'run', c.run, 'kind', 'cancel', 'name', '',
        'actor', 'run ' || c.parent, 'reason', c.why)) filter (where c.state = 'running'),
      json_agg(json_build_object('run', c.run, 'state', 'cancelled', 'error', json_build_object(
        'code', 'RUN_CANCELLED', 'message', format('cancelled by run %s: %s', c.parent, c.why))))
        filter (where c.state <> 'running')
    into posts, ends
    from (
      select l.run, l.state, l.parent, case o.state when 'failed' then 'its parent failed'
        else 'its parent was cancelled' end why
      from live l join outcomes o on o.run = l.parent
      where l.parent = any(fallen) order by l.run
    ) c;
    if posts is not null then perform post(posts, t); end if;
    exit when ends is null;
    items := ends;
    epochs := null;
  end loop;
  foreach called in array calls loop
    perform create_v1(called, json_array_length(called), true, '{}');
  end loop;
end $$;
`;
