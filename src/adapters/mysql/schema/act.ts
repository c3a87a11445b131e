import { fullMailbox } from '../../../job/transition.ts';

/** Actions on runs, and pauses: protocol/claims#repeated-actions. */
export const act: readonly string[] = [
  // 'items' are [{ i, id, kind, actor, reason, ref, callbacks, event_name, data, from, delay, type, name, until }], carried
  // out in their order. What had an effect is kept under its id: a repeat, also one that comes while the first is on its
  // way and waits for the lock of its run, gets the same answer. Answers rows (i, verdict, run, state).
  `create procedure onejob_act_v1(in items $text)
sql security invoker
begin
  declare done tinyint default false;
  declare t, ends_at, delay bigint;
  declare place, changed, given int;
  declare named, falling $text;
  declare action_id, target_name $name;
  declare kind, target_type, known, callbacks $label;
  declare actor, because, data, event_name $text;
  declare ref $key;
  declare from_step $step;
  declare target $id;
  declare action_list cursor for
    select x.i, x.id, x.kind, x.actor, x.reason, x.ref, x.callbacks, x.event_name, x.data, x.from_step, x.delay, x.type, x.name, x.ends_at
    from json_table(items, '$[*]' columns (i int path '$.i', id $name path '$.id', kind $label path '$.kind',
      actor $text path '$.actor', reason $text path '$.reason', ref $key path '$.ref', callbacks $label path '$.callbacks', event_name $text path '$.event_name',
      data $text path '$.data', from_step $step path '$.from', delay bigint path '$.delay', type $label path '$.type',
      name $name path '$.name', ends_at bigint path '$.until')) x
    order by x.i;
  declare continue handler for not found set done = true;
  $begin
  -- all rows in one order; what they say is read again below, one by one
  select count(*) into changed
  from (
    select distinct a.name from json_table(items, '$[*]' columns (type $label path '$.type', name $name path '$.name')) a
    where a.type = 'schedule' order by a.name limit 100000
  ) x straight_join onejob_schedules s force index (primary) on s.name = x.name
  for update of s;
  select json_arrayagg(x.run), json_arrayagg(if(x.kind in ('cancel', 'retry', 'restart'), x.run, null)), count(*)
  into named, falling, given
  from (
    select coalesce(r.id, k.run) run, a.kind
    from json_table(items, '$[*]' columns (ref $key path '$.ref', kind $label path '$.kind')) a
    left join onejob_runs r force index (primary) on r.id = a.ref
    left join onejob_keys k force index (primary) on k.name = a.ref
  ) x
  where x.run is not null;
  if named is not null then
    call onejob_lock_runs(named, falling, 1);
    select count(*) into changed from json_table(named, '$[*]' columns (run $id path '$')) n
    straight_join onejob_live l force index (primary) on l.run = n.run;
    if changed < given then
      -- ended, or about to live again by somebody else
      call onejob_lock_outcomes(named);
      call onejob_lock_runs(named, falling, 0);
    end if;
  end if;
  set t = $now;
  open action_list;
  asking: loop
    set done = false;
    fetch action_list into place, action_id, kind, actor, because, ref, callbacks, event_name, data, from_step, delay, target_type, target_name, ends_at;
    if done then leave asking; end if;
    if target_type is not null then
      call onejob_pause(kind, target_type, target_name, ends_at, actor, because, t);
      select place i, 'done' verdict, null run, null state;
    else
      set target = coalesce((select r.id from onejob_runs r where r.id = ref),
        (select k.run from onejob_keys k where k.name = ref));
      if target is null then
        select place i, 'unknown' verdict, null run, null state;
      else
        set known = (select a.verdict from onejob_actions a where a.run = target and a.id = action_id);
        if known is null then
          call onejob_act_on_run(target, kind, actor, because, callbacks, event_name, data, from_step, delay, t, known);
          if known in ('done', 'pending') then
            insert into onejob_actions (run, id, kind, verdict, actor, reason, at)
            values (target, action_id, kind, known, actor, because, t);
          end if;
        end if;
        select place i, known verdict, target run, coalesce((select l.state from onejob_live l where l.run = target),
          (select o.state from onejob_outcomes o where o.run = target)) state;
      end if;
    end if;
  end loop;
  close action_list;
  $commit;
end`,

  // Pausing what is paused, or resuming what is not, is done too. A change moves the revision of a schedule, so that a
  // fire that was worked out before it is refused.
  `create procedure onejob_pause(in kind $label, in target_type $label, in target_name $name, in until_at bigint,
  in by_actor $text, in because $text, in t bigint)
sql security invoker
begin
  declare changed int;
  declare was_there int default (select count(*) from onejob_pauses p where p.type = target_type and p.name = target_name);
  if kind = 'resume' then
    set changed = was_there;
    delete from onejob_pauses where type = target_type and name = target_name;
  else
    set changed = not exists (
      select 1 from onejob_pauses p where p.type = target_type and p.name = target_name and p.ends_at <=> until_at
        and p.actor = by_actor and p.reason <=> because);
    if changed then
      insert into onejob_pauses (type, name, ends_at, actor, reason, at)
      values (target_type, target_name, until_at, by_actor, because, t)
      on duplicate key update ends_at = values(ends_at), actor = values(actor), reason = values(reason), at = values(at);
    end if;
  end if;
  if changed and target_type = 'schedule' then
    update onejob_schedules s set s.revision = s.revision + 1, s.fired = null where s.name = target_name;
  end if;
end`,

  // One action on one run; its verdict.
  `create procedure onejob_act_on_run(in target $id, in kind $label, in by_actor $text, in because $text,
  in known_callbacks $label, in event_name $text, in data $text, in from_step $step, in delay bigint, in t bigint, out verdict $label)
sql security invoker
body: begin
  declare live_state, end_state $label;
  declare from_seq int;
  declare ends $text;
  looking: loop
    select max(l.state) into live_state from onejob_live l where l.run = target for update;
    if live_state is not null then leave looking; end if;
    select max(o.state) into end_state from onejob_outcomes o where o.run = target for update;
    if end_state is not null then leave looking; end if;
    -- neither: it was revived or pruned between the two looks
    if not exists (select 1 from onejob_runs r where r.id = target) then
      set verdict = 'unknown';
      leave body;
    end if;
  end loop;
  set verdict = if(live_state is null, 'finished', 'active');
  if live_state is null then
    if kind = 'retry' and end_state <> 'succeeded' then
      call onejob_revive(target, 0, 0, t);
      set verdict = 'done';
    elseif kind = 'restart' then
      set from_seq = if(from_step is null, 0, (
        select s.first_seq from onejob_steps s where s.run = target and s.step = from_step));
      if from_seq is null then
        set verdict = 'step-unknown';
      else
        call onejob_revive(target, from_seq, 1, t);
        set verdict = 'done';
      end if;
    end if;
  elseif kind = 'cancel' then
    if live_state = 'running' then
      call onejob_post(target, kind, '', null, by_actor, because, t);
      set verdict = 'pending';
    else
      update onejob_live l set l.callbacks = known_callbacks where l.run = target and l.callbacks = 'unknown';
      select json_array(json_object('run', target, 'state', 'cancelled', 'error', $failure_of_c)) into ends
      from (select by_actor actor, because reason) c;
      call onejob_end(ends, null, 1, 1, 1, 1, t);
      set verdict = 'done';
    end if;
  elseif kind = 'event' then
    select if(count(*) >= ${fullMailbox.events} or sum(m.bytes) >= ${fullMailbox.bytes}, 'full', 'pending') into verdict
    from onejob_mailbox m force index (unread)
    where m.run = target and m.consumed_by is null and m.kind = 'event';
    if verdict = 'pending' then call onejob_post(target, kind, event_name, data, by_actor, because, t); end if;
  elseif kind = 'reschedule' and live_state = 'queued' then
    -- the deadline counts from the due instant, so it moves along
    update onejob_live l straight_join onejob_runs r force index (primary) on r.id = l.run
    set l.due_at = t + delay, l.deadline_at = t + delay + coalesce(r.deadline_ms, l.job_deadline_ms)
    where l.run = target;
    set verdict = 'done';
  end if;
end`,

  // Queues a finished run once more. 'anew': a restart, without the steps that were first asked for at or after
  // 'from_seq'; else without those that failed and have no child. The mailbox items that these took are in the box again,
  // their children are linked no more. Id, key, input and the instant of creation stay, the output goes on, the epoch
  // grows on: each life has its own. Steps that wait for a child (of a retry also those that failed with theirs) are to
  // look at it, whose end told nobody while this run was finished; what it told before is read.
  `create procedure onejob_revive(in target $id, in from_seq int, in anew tinyint, in t bigint)
sql security invoker
begin
  declare kids $text;
  update onejob_steps s straight_join onejob_mailbox m force index (primary) on m.run = s.run and m.consumed_by = s.step
  set m.consumed_by = null
  where s.run = target and s.first_seq >= from_seq and (anew or s.state = 'failed' and s.child is null);
  delete from onejob_steps
  where run = target and first_seq >= from_seq and (anew or state = 'failed' and child is null);
  update onejob_steps set state = 'running', n = 0, tries = 0, output = null, error = null, finished_at = null
  where run = target and child is not null and (state = 'running' or state = 'failed' and not anew);
  update onejob_mailbox set consumed_by = '' where run = target and kind = 'child' and consumed_by is null;
  insert into onejob_live (run, job, queue, priority, due_at, state, epoch, mailbox_seq, max_crashes, attempt, first_attempt, generation,
    root, parent, schedule, timeout_ms, deadline_at, callbacks)
  select r.id, r.job, r.queue, r.priority, t, 'queued', o.epoch + 1, o.mailbox_seq, r.max_crashes, if(anew, 1, o.attempt + 1),
    if(anew, 1, o.attempt + 1),
    o.generation + anew, r.root, r.parent, r.schedule, r.timeout_ms, t + r.deadline_ms,
    r.callbacks
  from onejob_outcomes o straight_join onejob_runs r force index (primary) on r.id = o.run
  where o.run = target;
  delete from onejob_outcomes where run = target;
  -- A child that is ending saw no parent to tell: who looks at it later must find it ended. After the row of its parent is
  -- there: a child that is born from now on waits for that row when it ends.
  select json_arrayagg(l.run) into kids from onejob_live l force index (by_parent) where l.parent = target;
  if kids is not null then call onejob_lock_runs(kids, null, 0); end if;
end`,
];
