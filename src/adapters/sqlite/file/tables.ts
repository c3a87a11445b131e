/**
 * The tables (protocol/claims#tables). All are WITHOUT ROWID, clustered by their key: ids grow with time, so inserts append. How a
 * run ended stands in a table of its own: to write it into `runs` would write the input once more.
 *
 * `live` is the only table that claims and fences touch. Its one index over all rows serves both the ready slices
 * (`worker is null`) and what a worker holds.
 */
export const tables = `
create table meta (name text primary key, value text not null) without rowid;

create table runs (
  id text primary key,
  key text,
  job text not null,
  queue text not null,
  trigger text not null,
  priority integer not null,
  input text,
  digest text,
  args text,
  request text,
  timeout_ms integer,
  deadline_ms integer,
  max_crashes integer not null,
  -- which ends are called back; null: none
  callbacks text,
  trace_id text not null,
  parent text,
  root text,
  schedule text,
  scheduled_at integer,
  created_at integer not null
) without rowid;
create index runs_by_job on runs (job, id);
create index runs_by_parent on runs (parent, id) where parent is not null;
create index runs_by_schedule on runs (schedule, id) where schedule is not null;

-- one row per finished run
create table outcomes (
  run text primary key,
  state text not null,
  attempt integer not null,
  crashes integer not null,
  epoch integer not null,
  generation integer not null,
  due_at integer,
  started_at integer,
  finished_at integer not null,
  node text,
  output text,
  response text,
  error text,
  progress text
) without rowid;
create index outcomes_by_state on outcomes (state, run);
create index outcomes_by_end on outcomes (state, finished_at);

-- one narrow row per unfinished run
create table live (
  run text primary key,
  job text not null,
  queue text not null,
  priority integer not null,
  -- null: by mailbox only
  due_at integer,
  state text not null,
  worker text,
  -- number of the worker's claim
  claim integer,
  node text,
  epoch integer not null,
  mailbox_seq integer not null default 0,
  crashes integer not null default 0,
  max_crashes integer not null,
  attempt integer not null default 1,
  first_attempt integer not null default 1,
  generation integer not null default 0,
  root text,
  parent text,
  schedule text,
  timeout_ms integer,
  deadline_at integer,
  -- of a run that was asked for by name: as its job says, from the due instant
  job_deadline_ms integer,
  callbacks text,
  started_at integer,
  claimed_at integer,
  error text,
  progress text,
  waiting_for text,
  -- the workers that crashed with it, as JSON
  crash_records text,
  -- 1: it was in execution when its worker crashed, and has recorded nothing since
  suspect integer not null default 0
) without rowid;
create index live_slice on live (worker, suspect, job, queue, priority desc, due_at, run);
create index live_by_parent on live (parent) where parent is not null;
create index live_by_root on live (root) where root is not null;
create index live_by_schedule on live (schedule, run) where schedule is not null;

create table steps (
  run text not null,
  key text not null,
  -- order of recording
  n integer not null,
  kind text not null,
  state text not null,
  epoch integer not null,
  tries integer not null,
  first_seq integer not null,
  output text,
  error text,
  resume_at integer,
  child text,
  started_at integer not null,
  finished_at integer,
  primary key (run, key)
) without rowid;

create table mailbox (
  run text not null,
  n integer not null,
  kind text not null,
  name text not null,
  data text,
  actor text,
  reason text,
  at integer not null,
  -- key of the step that took it, or '' for the outcome
  consumed_by text,
  bytes integer not null as (100 + length(cast(name as blob)) + coalesce(length(cast(data as blob)), 0)
    + coalesce(length(cast(actor as blob)), 0) + coalesce(length(cast(reason as blob)), 0)) stored,
  primary key (run, n)
) without rowid;
-- what is unread is found and weighed without a look at what was read, or at the texts
create index mailbox_unread on mailbox (run, n, kind, bytes) where consumed_by is null;

-- What was asked and answered: a repeated action finds itself here.
create table actions (
  run text not null,
  id text not null,
  kind text not null,
  verdict text not null,
  actor text not null,
  reason text,
  at integer not null,
  primary key (run, id)
) without rowid;

create table keys (key text primary key, run text not null, job text not null, digest text) without rowid;

create table output (
  run text not null,
  seq integer not null,
  bytes blob not null,
  primary key (run, seq)
) without rowid;

create table workers (
  id text primary key,
  node text not null,
  heartbeat integer not null default 0,
  stalled integer not null default 0,
  load real not null default 0,
  slots integer not null,
  jobs text not null,
  version text not null,
  identity text not null,
  -- its claims up to this number take nothing any more
  closed integer not null default 0,
  -- the last claim that took something
  claimed integer not null default 0,
  registered_at integer not null,
  evicted_at integer
) without rowid;

create table pauses (
  type text not null,
  name text not null,
  until integer,
  actor text not null,
  reason text,
  at integer not null,
  primary key (type, name)
) without rowid;

-- the newest version that has declared schedules
create table apps (name text primary key, version text not null) without rowid;

create table schedules (
  name text primary key,
  app text not null,
  job text not null,
  spec text not null,
  revision integer not null,
  next_at integer,
  declared_at integer not null,
  -- the fire that made this revision: a repeat of it is recognised
  fired text,
  -- the last instant whose run was pruned: none up to it is fired again
  pruned_to integer
) without rowid;

create table occurrences (
  schedule text not null,
  instant integer not null,
  run text not null,
  primary key (schedule, instant)
) without rowid;

create table ranges (
  schedule text not null,
  first integer not null,
  last integer not null,
  count integer not null,
  reason text not null,
  primary key (schedule, first, reason)
) without rowid;

create table counters (name text primary key, value integer not null) without rowid;
insert into counters (name, value) values ('step', 0);
`;
