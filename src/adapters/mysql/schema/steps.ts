/** A step is written while it has only begun, and not by a try that comes late, behind a later one of its attempt. */
const isOpen = `onejob_steps.state = 'running' and not (values(state) = 'running' and onejob_steps.epoch = values(epoch)
      and onejob_steps.tries > values(tries))`;

/** Steps and tries of a group. */
export const steps: readonly string[] = [
  // Writes one list of steps and tries. A step that is finished is never changed: the same result again is 'ok', another
  // is a 'conflict', a try of it is 'ok' without effect. The same try again does not push back the instant at which it
  // goes on. Children are created before their steps, unless their step is finished. A finished step gets the order
  // 'base' + its place in the group, by which the statements below know what this call wrote.
  `create procedure onejob_write_steps(in me $id, in list $text, in born $text, in living $text, in base bigint,
  in t bigint)
sql security invoker
begin
  declare given, held, known, begun, crashed, eaten, kids int default 0;
  select count(*), count(l.run), count(s.run), coalesce(sum(g.state = 'running'), 0), coalesce(sum(l.crashes > 0 or l.suspect > 0), 0),
    count(g.item), count(g.kid)
  into given, held, known, begun, crashed, eaten, kids
  from json_table(list, '$[*]' columns (run $id path '$.run', epoch int path '$.epoch', step $step path '$.key',
    state $label path '$.state', item int path '$.item', kid $id path '$.kid')) g
  left join onejob_live l force index (primary)
    on l.run = g.run and l.worker = me and l.state = 'running' and l.epoch = g.epoch
  left join onejob_steps s force index (primary) on s.run = g.run and s.step = g.step;
  if json_length(born) > 0 then call onejob_create_kids(me, born, living, t); end if;

  if known = 0 and begun = 0 then
    -- the usual case: steps that are new and finished, a fifth cheaper so
    insert into onejob_steps (run, step, n, kind, state, epoch, tries, first_seq, output, error, started_at, finished_at)
    select g.run, g.step, base + g.i, g.kind, g.state, g.epoch, g.tries, g.first_seq, g.output, g.error, g.started, g.finished
    from json_table(list, '$[*]' columns (i int path '$.i', run $id path '$.run', epoch int path '$.epoch',
      step $step path '$.key', kind $label path '$.kind', state $label path '$.state', tries int path '$.tries',
      first_seq int path '$.first_seq', output $text path '$.output', error $text path '$.error',
      started bigint path '$.started', finished bigint path '$.finished')) g
    straight_join onejob_live l force index (primary) on l.run = g.run
    where l.worker = me and l.state = 'running' and l.epoch = g.epoch;
  else
    call onejob_merge_steps(me, list, base, t);
  end if;

  if eaten > 0 then
    update json_table(list, '$[*]' columns (i int path '$.i', run $id path '$.run', step $step path '$.key',
      item int path '$.item')) g
    straight_join onejob_steps s force index (primary) on s.run = g.run and s.step = g.step and s.n = base + g.i
    straight_join onejob_mailbox m force index (primary) on m.run = g.run and m.n = g.item
    set m.consumed_by = g.step;
  end if;
  if crashed > 0 then
    update json_table(list, '$[*]' columns (i int path '$.i', run $id path '$.run', epoch int path '$.epoch',
      step $step path '$.key')) g
    straight_join onejob_live l force index (primary) on l.run = g.run
    straight_join onejob_steps s force index (primary) on s.run = g.run and s.step = g.step
    set l.crashes = 0, l.crash_records = null, l.crash_record_names = null, l.suspect = 0
    where l.worker = me and l.epoch = g.epoch and (s.n = base + g.i or s.n = 0 and s.epoch = g.epoch);
  end if;
  if held < given or known > 0 or kids > 0 then
    select g.i, if(l.run is null, 'stale', 'conflict') verdict
    from json_table(list, '$[*]' columns (i int path '$.i', run $id path '$.run', epoch int path '$.epoch',
      step $step path '$.key', state $label path '$.state', output $text path '$.output', kid $id path '$.kid',
      kid_key $key path '$.kid_key', kid_job $name path '$.kid_job', kid_digest $name path '$.kid_digest')) g
    left join onejob_live l force index (primary) on l.run = g.run and l.worker = me and l.state = 'running' and l.epoch = g.epoch
    left join onejob_steps s force index (primary) on s.run = g.run and s.step = g.step
    left join onejob_keys k force index (primary) on k.name = g.kid_key
    where l.run is null
      or g.state <> 'running' and not (s.state = g.state and s.output <=> g.output)
      or k.run <> g.kid and not (k.job = g.kid_job and k.digest <=> g.kid_digest);
  end if;
end`,

  // Writes steps of which some are there already, or have only begun.
  `create procedure onejob_merge_steps(in me $id, in list $text, in base bigint, in t bigint)
sql security invoker
begin
  insert into onejob_steps (run, step, n, kind, state, epoch, tries, first_seq, output, error, resume_at, child, started_at,
    finished_at)
  select g.run, g.step, if(g.state = 'running', 0, base + g.i), g.kind, g.state, g.epoch, g.tries, g.first_seq, g.output,
    g.error, coalesce(t + g.after, g.resume), coalesce(k.run, g.kid), g.started, g.finished
  from json_table(list, '$[*]' columns (i int path '$.i', run $id path '$.run', epoch int path '$.epoch',
    step $step path '$.key', kind $label path '$.kind', state $label path '$.state', tries int path '$.tries',
    first_seq int path '$.first_seq', output $text path '$.output', error $text path '$.error', resume bigint path '$.resume',
    after bigint path '$.after', kid $id path '$.kid', kid_key $key path '$.kid_key', kid_job $name path '$.kid_job',
    kid_digest $name path '$.kid_digest', started bigint path '$.started', finished bigint path '$.finished')) g
  straight_join onejob_live l force index (primary) on l.run = g.run
  left join onejob_keys k force index (primary) on k.name = g.kid_key
  where l.worker = me and l.state = 'running' and l.epoch = g.epoch
    and (k.run is null or k.run = g.kid or k.job = g.kid_job and k.digest <=> g.kid_digest)
  -- assignments are made from left to right: tries, by which a late one is known, before what else tells it
  on duplicate key update
    resume_at = if(not (${isOpen}) or values(state) <> 'running' or (g.after is not null
        and onejob_steps.tries = values(tries) and onejob_steps.started_at = values(started_at)
        and onejob_steps.output <=> values(output) and onejob_steps.error <=> values(error)
        and onejob_steps.resume_at > t), onejob_steps.resume_at, values(resume_at)),
    tries = if(${isOpen}, values(tries), onejob_steps.tries),
    n = if(${isOpen}, values(n), onejob_steps.n),
    kind = if(${isOpen}, values(kind), onejob_steps.kind),
    epoch = if(${isOpen}, values(epoch), onejob_steps.epoch),
    first_seq = if(${isOpen}, values(first_seq), onejob_steps.first_seq),
    output = if(${isOpen}, values(output), onejob_steps.output),
    error = if(${isOpen}, values(error), onejob_steps.error),
    child = if(${isOpen}, coalesce(values(child), onejob_steps.child), onejob_steps.child),
    started_at = if(${isOpen}, values(started_at), onejob_steps.started_at),
    finished_at = if(${isOpen}, values(finished_at), onejob_steps.finished_at),
    state = if(${isOpen}, values(state), onejob_steps.state);
end`,

  // Creates the child runs of a list; each names the entry it comes with: 'of', 'epoch', 'step', 'tries'. Those that say 'again'
  // retry the child that the step has, once for each number of tries.
  `create procedure onejob_create_kids(in me $id, in born $text, in living $text, in t bigint)
sql security invoker
begin
  declare given, wanted, place, made int default 0;
  declare item $text;
  declare ended $id;
  declare verdict $label;
  select count(*), count(if(s.state <> 'running' or s.epoch = g.epoch and s.tries > g.tries or g.again is not null,
    null, l.run)) into given, wanted
  from json_table(born, '$[*]' columns (run $id path '$.of', epoch int path '$.epoch', step $step path '$.step',
    tries int path '$.tries', again int path '$.again')) g
  left join onejob_live l force index (primary) on l.run = g.run and l.worker = me and l.state = 'running' and l.epoch = g.epoch
  left join onejob_steps s force index (primary) on s.run = g.run and s.step = g.step;
  if wanted = given then
    call onejob_create(born, 1, living, t, made);
  else
    while place < given do
      set item = json_extract(born, concat('$[', place, ']'));
      if json_extract(item, '$.again') is not null then
        select max(s.child) into ended
        from json_table(item, '$' columns (run $id path '$.of', epoch int path '$.epoch', step $step path '$.step',
          again int path '$.again')) g
        straight_join onejob_live l force index (primary) on l.run = g.run
        straight_join onejob_steps s force index (primary) on s.run = g.run and s.step = g.step
        where l.worker = me and l.state = 'running' and l.epoch = g.epoch and s.state = 'running' and s.tries < g.again;
        if ended is not null then
          call onejob_act_on_run(ended, 'retry', null, null, null, null, null, null, null, t, verdict);
        end if;
      elseif exists (
        select 1 from json_table(item, '$' columns (run $id path '$.of', epoch int path '$.epoch', step $step path '$.step',
          tries int path '$.tries')) g
        straight_join onejob_live l force index (primary) on l.run = g.run
        left join onejob_steps s force index (primary) on s.run = g.run and s.step = g.step
        where l.worker = me and l.state = 'running' and l.epoch = g.epoch and (s.run is null
          or s.state = 'running' and not (s.epoch = g.epoch and s.tries > g.tries))
      ) then
        call onejob_create(concat('[', item, ']'), 1, living, t, made);
      end if;
      set place = place + 1;
    end while;
  end if;
end`,
];
