/**
 * The tables (protocol/claims#tables), for version 1 of the schema.
 *
 * `runs` and `outcomes` are only ever inserted into and deleted from (a run is asked for, a run has ended), so a
 * finished run leaves no dead row behind but the narrow one of `live`, and no index is written twice. Ids are text in
 * byte order: UUIDv7, so inserts go to the right edge of each index.
 */
export const tables = /* sql */ `
create table meta (
  -- one row
  one boolean primary key default true check (one),
  id text not null,
  version integer not null,
  -- code older than this is refused
  min_version integer not null,
  -- which of the versions 1 it is (adapters/sql/schema-version.ts)
  layout integer not null
);

create table runs (
  id text collate "C" primary key,
  key text collate "C",
  job text collate "C" not null,
  queue text collate "C" not null,
  trigger text not null,
  priority integer not null,
  input text,
  args text,
  request text,
  timeout_ms bigint,
  deadline_ms bigint,
  max_crashes integer not null,
  -- which ends are called back; null: none
  callbacks text,
  trace_id text not null,
  parent text collate "C",
  -- null: the run is its own root
  root text collate "C",
  schedule text collate "C",
  scheduled_at bigint,
  created_at bigint not null,
  due_at bigint
);
create index runs_by_job on runs (job, id);
create index runs_by_parent on runs (parent, id) where parent is not null;
create index runs_by_schedule on runs (schedule, id) where schedule is not null;
-- rows are never updated, so blocks follow time and a few bytes a block find a day
create index runs_by_time on runs using brin (created_at) with (pages_per_range = 32, autosummarize = on);

create table outcomes (
  run text collate "C" primary key,
  state text not null,
  attempt integer not null,
  crashes integer not null,
  epoch integer not null,
  generation integer not null,
  mailbox_seq integer not null,
  due_at bigint,
  started_at bigint,
  finished_at bigint not null,
  node text,
  output text,
  response text,
  error text,
  progress text
);
create index outcomes_by_state on outcomes (state, run);
create index outcomes_by_end on outcomes (state, finished_at, run);

-- Room in each block, and no index on what changes while a run is held: such updates stay in their block. Blocks are
-- not given back at the end of the table, for that takes a lock which stops all claims.
create table live (
  run text collate "C" primary key,
  job text collate "C" not null,
  queue text collate "C" not null,
  priority integer not null,
  -- null: by mailbox only
  due_at bigint,
  state text not null,
  worker text collate "C",
  -- number of the worker's claim
  claim bigint,
  node text,
  epoch integer not null default 0,
  mailbox_seq integer not null default 0,
  crashes integer not null default 0,
  max_crashes integer not null,
  attempt integer not null default 1,
  first_attempt integer not null default 1,
  generation integer not null default 0,
  root text collate "C",
  parent text collate "C",
  schedule text collate "C",
  timeout_ms bigint,
  deadline_at bigint,
  -- of a run that was asked for by name: as its job says, from the due instant
  job_deadline_ms bigint,
  callbacks text,
  started_at bigint,
  claimed_at bigint,
  error text,
  progress text,
  waiting_for text,
  -- the workers that crashed with it, as JSON
  crash_records text,
  -- 1: it was in execution when its worker crashed, and has recorded nothing since
  suspect integer not null default 0
) with (
  fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 2000,
  autovacuum_analyze_scale_factor = 0.1, autovacuum_analyze_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
  vacuum_truncate = off
);
-- by job, so that a long line of a job that is paused, or that this worker does not know, is never walked over
create index live_slice on live (suspect, job, queue, priority desc, due_at, run) where worker is null;
create index live_suspects on live (worker) where suspect = 1 and worker is not null;
create index live_by_worker on live (worker, claim) where worker is not null;
create index live_by_parent on live (parent) where parent is not null;
create index live_by_root on live (root) where root is not null;
create index live_by_schedule on live (schedule, run) where schedule is not null;

create table steps (
  run text collate "C" not null,
  key text collate "C" not null,
  -- order of recording; 0 while it has only begun
  n bigint not null,
  kind text not null,
  state text not null,
  epoch integer not null,
  tries integer not null,
  first_seq integer not null,
  output text,
  error text,
  resume_at bigint,
  child text collate "C",
  started_at bigint not null,
  finished_at bigint,
  primary key (run, key)
);
create sequence step_order;

create table mailbox (
  run text collate "C" not null,
  n integer not null,
  kind text not null,
  name text not null,
  data text,
  actor text,
  reason text,
  at bigint not null,
  -- key of the step that took it, or '' for the outcome
  consumed_by text,
  bytes integer not null generated always as (100 + octet_length(name) + coalesce(octet_length(data), 0)
    + coalesce(octet_length(actor), 0) + coalesce(octet_length(reason), 0)) stored,
  primary key (run, n)
);
-- what is unread is found and weighed without a look at what was read, or at the texts
create index mailbox_unread on mailbox (run, n) include (kind, bytes) where consumed_by is null;

-- What was asked and had an effect: a repeated action finds itself here.
create table actions (
  run text collate "C" not null,
  id text collate "C" not null,
  kind text not null,
  verdict text not null,
  actor text not null,
  reason text,
  at bigint not null,
  primary key (run, id)
) with (fillfactor = 60);

create table keys (
  key text collate "C" primary key,
  run text collate "C" not null,
  job text not null,
  digest text
);

create table output (
  run text collate "C" not null,
  seq integer not null,
  bytes bytea not null,
  primary key (run, seq)
);

create table workers (
  id text collate "C" primary key,
  node text not null,
  heartbeat bigint not null default 0,
  stalled boolean not null default false,
  load double precision not null default 0,
  slots integer not null,
  jobs text not null,
  version text not null,
  identity text not null,
  -- its claims up to this number take nothing any more
  closed bigint not null default 0,
  registered_at bigint not null,
  evicted_at bigint
) with (fillfactor = 30, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

create table pauses (
  type text not null,
  name text collate "C" not null,
  until bigint,
  actor text not null,
  reason text,
  at bigint not null,
  primary key (type, name)
);

create table apps (
  name text collate "C" primary key,
  version text not null,
  -- the version as text that sorts as versions do
  version_order text collate "C" not null
);

create table schedules (
  name text collate "C" primary key,
  app text not null,
  job text not null,
  spec text not null,
  revision bigint not null,
  next_at bigint,
  declared_at bigint not null,
  -- digest of the fire that made this revision: a repeat of it is recognised
  fired text,
  -- the last instant whose run was pruned: none up to it is fired again
  pruned_to bigint
) with (fillfactor = 60);
create index schedules_by_time on schedules (next_at) where next_at is not null;

create table occurrences (
  schedule text collate "C" not null,
  instant bigint not null,
  run text collate "C" not null,
  primary key (schedule, instant)
);

create table ranges (
  schedule text collate "C" not null,
  first bigint not null,
  last bigint not null,
  count bigint not null,
  reason text not null,
  primary key (schedule, first, reason)
);
`;
