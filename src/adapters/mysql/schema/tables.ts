/**
 * The tables (protocol/claims#tables), for version 1 of the schema; what `$id` and the like stand for: dialect.ts.
 *
 * `runs` and `outcomes` are only ever inserted into and deleted from. `live` is the narrow one that claims and fences
 * touch: MySQL has no partial indexes, so its one index of the ready slices begins with the worker, which is '' where
 * nobody holds the run, and serves for what a worker holds too. Ids grow with time, so inserts go to the right edge.
 *
 * Names that MySQL reserves are avoided: a run's key is `run_key`, its trigger `cause`, a step's key `step`.
 */
export const tables: readonly string[] = [
  `create table if not exists onejob_meta (
  -- one row
  one tinyint not null default 1 primary key,
  id $id not null,
  version int not null,
  -- code older than this is refused
  min_version int not null,
  -- which of the versions 1 it is (adapters/sql/schema-version.ts)
  layout int not null
) $table`,

  `create table if not exists onejob_runs (
  id $id not null primary key,
  run_key $key,
  job $name not null,
  queue $name not null,
  cause $label not null,
  priority int not null,
  input $text,
  args $text,
  request $text,
  timeout_ms bigint,
  deadline_ms bigint,
  max_crashes int not null,
  -- which ends are called back; null: none
  callbacks $label,
  trace_id $name not null,
  parent $id,
  -- null: the run is its own root
  root $id,
  schedule $name,
  scheduled_at bigint,
  created_at bigint not null,
  due_at bigint,
  -- the call that created it: MySQL does not say which rows of an upsert are new
  born bigint unsigned not null,
  key by_job (job, id),
  key by_parent (parent, id),
  key by_schedule (schedule, id)
) $table`,

  `create table if not exists onejob_outcomes (
  run $id not null primary key,
  state $label not null,
  attempt int not null,
  crashes int not null,
  epoch int not null,
  generation int not null,
  mailbox_seq int not null,
  due_at bigint,
  started_at bigint,
  finished_at bigint not null,
  node $name,
  output $text,
  response $text,
  error $text,
  progress $text,
  key by_state (state, run),
  key by_end (state, finished_at, run)
) $table`,

  `create table if not exists onejob_live (
  run $id not null primary key,
  job $name not null,
  queue $name not null,
  priority int not null,
  -- null: by mailbox only
  due_at bigint,
  state $label not null,
  -- '': nobody
  worker $id not null default '',
  -- number of the worker's claim
  claim bigint,
  node $name,
  epoch int not null default 0,
  mailbox_seq int not null default 0,
  crashes int not null default 0,
  max_crashes int not null,
  attempt int not null default 1,
  first_attempt int not null default 1,
  generation int not null default 0,
  root $id,
  parent $id,
  schedule $name,
  timeout_ms bigint,
  deadline_at bigint,
  -- of a run that was asked for by name: as its job says, from the due instant
  job_deadline_ms bigint,
  callbacks $label,
  started_at bigint,
  claimed_at bigint,
  error $text,
  progress $text,
  waiting_for $text,
  -- the workers that crashed with it, as JSON, and as a sentence names them
  crash_records $text,
  crash_record_names $text,
  -- 1: it was in execution when its worker crashed, and has recorded nothing since
  suspect tinyint not null default 0,
  -- by job, so that a long line of a job that is paused, or that this worker does not know, is never walked over
  key ready_slice (worker, suspect, job, queue, priority, due_at, run),
  key by_parent (parent),
  key by_root (root),
  key by_schedule (schedule, run)
) $table`,

  `create table if not exists onejob_steps (
  run $id not null,
  step $step not null,
  -- order of recording; 0 while it has only begun
  n bigint not null,
  kind $label not null,
  state $label not null,
  epoch int not null,
  tries int not null,
  first_seq int not null,
  output $text,
  error $text,
  resume_at bigint,
  child $id,
  started_at bigint not null,
  finished_at bigint,
  -- what it weighs, for who may not read large texts to know it
  bytes int as (200 + length(step) + coalesce(length(output), 0) + coalesce(length(error), 0)) stored,
  primary key (run, step)
) $table`,

  `create table if not exists onejob_mailbox (
  run $id not null,
  n int not null,
  kind $label not null,
  name $text not null,
  data $text,
  actor $text,
  reason $text,
  at bigint not null,
  -- key of the step that took it, or '' for the outcome
  consumed_by $step,
  bytes int as (100 + length(name) + coalesce(length(data), 0) + coalesce(length(actor), 0)
    + coalesce(length(reason), 0)) stored,
  primary key (run, n),
  -- what is unread is found and weighed without a look at what was read, or at the texts
  key unread (run, consumed_by, n, kind, bytes)
) $table`,

  // What was asked and had an effect: a repeated action finds itself here.
  `create table if not exists onejob_actions (
  run $id not null,
  id $name not null,
  kind $label not null,
  verdict $label not null,
  actor $text not null,
  reason $text,
  at bigint not null,
  primary key (run, id)
) $table`,

  `create table if not exists onejob_keys (
  name $key not null primary key,
  run $id not null,
  job $name not null,
  digest $name
) $table`,

  `create table if not exists onejob_output (
  run $id not null,
  seq int not null,
  bytes longblob not null,
  primary key (run, seq)
) $table`,

  `create table if not exists onejob_workers (
  id $id not null primary key,
  node $name not null,
  heartbeat bigint not null default 0,
  stalled tinyint not null default 0,
  busy double not null default 0,
  slots int not null,
  jobs $text not null,
  version $name not null,
  identity $text not null,
  -- its claims up to this number take nothing any more
  closed bigint not null default 0,
  -- the last claim that took something
  claimed bigint not null default 0,
  registered_at bigint not null,
  evicted_at bigint
) $table`,

  `create table if not exists onejob_pauses (
  type $label not null,
  name $name not null,
  ends_at bigint,
  actor $text not null,
  reason $text,
  at bigint not null,
  primary key (type, name)
) $table`,

  `create table if not exists onejob_apps (
  name $name not null primary key,
  version $name not null,
  -- the version as text that sorts as versions do
  version_order $name not null
) $table`,

  `create table if not exists onejob_schedules (
  name $name not null primary key,
  app $name not null,
  job $name not null,
  spec $text not null,
  revision bigint not null,
  next_at bigint,
  declared_at bigint not null,
  -- digest of the fire that made this revision: a repeat of it is recognised
  fired $id,
  -- the last instant whose run was pruned: none up to it is fired again
  pruned_to bigint,
  key by_time (next_at)
) $table`,

  `create table if not exists onejob_occurrences (
  schedule $name not null,
  instant bigint not null,
  run $id not null,
  primary key (schedule, instant)
) $table`,

  `create table if not exists onejob_ranges (
  schedule $name not null,
  first_at bigint not null,
  last_at bigint not null,
  times bigint not null,
  reason $label not null,
  primary key (schedule, first_at, reason)
) $table`,

  // Numbers that only grow, one a group of steps: a counter in a row would hold up all other groups until the commit.
  `create table if not exists onejob_step_order (
  id bigint not null auto_increment primary key
) $table`,

  // Counters of what is told between processes (notifier.ts): 'hint' says that there is news, 'notifications' numbers the lines.
  // Not in memory, though a hint then waits for the disk: a replica that starts anew has such a table empty, finds no
  // row to change in it and stops (decision 0048).
  `create table if not exists onejob_hints (
  kind $label not null primary key,
  n bigint not null
) $table`,

  // Lines that processes say to each other, the last thousand.
  `create table if not exists onejob_notifications (
  n bigint not null primary key,
  notification varchar(2000) character set ascii not null
) $table`,
];
