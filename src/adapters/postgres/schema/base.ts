/** What all other functions stand on: the clock, workers that live, ending runs, mailboxes. */
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

-- Puts mailbox items into the boxes of unfinished runs and raises their mailbox_seq in the same statement; a waiting run is queued,
-- due now. 'mailbox_items' are [{ i, run, kind, name, data, actor, reason }], for rows that the caller has locked.
create function post(mailbox_items json, t bigint) returns void language plpgsql volatile
as $$
begin
  with given as materialized (
    select w.*, row_number() over (partition by w.run order by w.i, w.name) k
    from json_to_recordset(mailbox_items) w(i integer, run text, kind text, name text, data text, actor text, reason text)
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
  mailbox_items json;
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
      into mailbox_items from runs r where r.id = any(born);
      perform post(mailbox_items, t);
    end if;
    exit when fallen is null;

    -- Who was born after the caller has locked: nobody may claim it between the statements below.
    perform lock_runs(array(select l.run from live l where l.parent = any(fallen)), '{}', false);
    select json_agg(json_build_object('i', 0, 'run', c.run, 'kind', 'cancel', 'name', '',
        'actor', 'run ' || c.parent, 'reason', c.why)) filter (where c.state = 'running'),
      json_agg(json_build_object('run', c.run, 'state', 'cancelled', 'error', json_build_object(
        'code', 'RUN_CANCELLED', 'message', format('cancelled by run %s: %s', c.parent, c.why))))
        filter (where c.state <> 'running')
    into mailbox_items, ends
    from (
      select l.run, l.state, l.parent, case o.state when 'failed' then 'its parent failed'
        else 'its parent was cancelled' end why
      from live l join outcomes o on o.run = l.parent
      where l.parent = any(fallen) order by l.run
    ) c;
    if mailbox_items is not null then perform post(mailbox_items, t); end if;
    exit when ends is null;
    items := ends;
    epochs := null;
  end loop;
  foreach called in array calls loop
    perform create_v1(called, json_array_length(called), true, '{}');
  end loop;
end $$;
`;
