import { claimFromSlices, claimOnlySlice, findNextDue, findSlices, isClaimable, tellCursor } from './claim-slices.ts';
import { claims, clock, columns } from './reclaim.ts';
import { settings } from './settings.ts';
import { take } from './take.ts';

/** Answers at once where there is nothing to look for. Sets: label, taken. */
const answerAtOnce = `
  select w.node into label from workers w where w.id = me and w.evicted_at is null and w.closed < number for key share;
  if label is null then
    return query ${clock('null::bigint, null::text')};
    return;
  end if;
  -- made twice it takes once
  taken := array(select l.run from live l where l.worker = me and l.claim = number);
  if taken <> '{}' then
    return query ${clock('null::bigint, null::text')};
    return query ${claims('l.run = any(taken)')};
    return;
  end if;`;

/** What pauses leave of the jobs that the worker knows. Sets: open_jobs, paused_queues. */
const readPauses = `
  open_jobs := array(
    select x.name from json_to_recordset(terms) x(name text) where not exists (
      select from pauses p where p.type = 'job' and p.name = x.name and (p.until is null or p.until > t)));
  paused_queues := array(
    select p.name from pauses p where p.type = 'queue' and (p.until is null or p.until > t));
  -- What a process was asked for itself (tree) it does, also on a node that is drained.
  if tree is null and exists (
    select from pauses p where p.type = 'node' and p.name = label and (p.until is null or p.until > t)
  ) then
    open_jobs := '{}';
  end if;`;

/**
 * Of the suspect runs the first is looked for, where the worker holds none. One seek says that there is none.
 * Sets: suspect_run, suspect_queue, suspect_priority, suspect_due.
 */
const findSuspect = `
  if exists (select from live l where l.suspect = 1 and l.worker is null)
    and not exists (select from live l where l.suspect = 1 and l.worker = me) then
    select f.run, f.queue, f.priority, f.due_at into suspect_run, suspect_queue, suspect_priority, suspect_due
    from first_suspect(open_jobs, paused_queues, tree, t) f;
  end if;`;

/** Claims of a tree, which is small: all its members are read. Sets: taken, earliest. */
const claimTree = `
    members := array(select l.run from live l where l.run = any(tree)
      union select l.run from live l where l.root = any(tree));
    with locked as (
      select l.run from live l
      where l.run = any(members) and l.queue <> all(paused_queues) and l.job = any(open_jobs) and ${isClaimable}
      order by l.priority desc, l.due_at, l.run limit free for no key update skip locked
    )
    select array(select run from locked) into got;
    taken := take(got, me, number, label, terms, t);
    select min(l.due_at) into earliest from live l
    where l.run = any(members) and l.state <> 'running' and l.queue <> all(paused_queues) and l.job = any(open_jobs);`;

/** A pause that ends by itself is an instant to look again. Sets: earliest. */
const lookAgainAfterPause = `
  select least(earliest, min(p.until)) into earliest from pauses p
  where p.until > t and exists (
    select from json_to_recordset(terms) x(name text)
    where p.type = 'queue' or p.type = 'job' and p.name = x.name or p.type = 'node' and p.name = label);`;

/** Handing out due runs. */
export const claim = /* sql */ `
-- Gives each due run of the jobs 'terms' [{ name, timeout, deadline, crashes, callbacks }] to at most one worker, at most
-- 'free' in all: of each queue in the order priority, due, age, and of queues with due runs one each in turn, beginning
-- with the one at the place 'turn'. 'tree' (null: all) restricts to these roots. The first row says now and when the
-- next run is due (columns 'now' and 'next'); then one row a claim, with null for what is usual (an epoch or attempt of
-- 1, any other number of 0): what is not there is neither written nor parsed.
--
-- A slice is the due runs of one job, queue and priority. For each slice that exists there is one seek, then a range: what
-- is due later, paused, or of a job that this worker does not know is never walked over. Rows that another claimer has
-- locked are passed by.
--
-- While a transaction is held open, what was taken since cannot be cleaned up, and each claim walks over all of it
-- before it comes to what is due. A claim that met much of that says so in the column 'cursor' of the first row: the
-- slices that it knows, and the instant before which it left nothing due. Given back as 'seen' the next claims look at
-- these slices from there on. What comes to lie before it or in another slice (a late commit, an instant in the past, the
-- end of a pause) is found by those that are 'whole', as the caller makes some.
create function claim_v1(me text, number bigint, terms json, free integer, turn bigint, tree text[], seen json, whole boolean)
returns table (${columns}) language plpgsql volatile
${settings}
as $$
#variable_conflict use_column
declare
  t bigint := now_ms();
  label text; -- the worker's node
  open_jobs text[];
  paused_queues text[];
  got text[]; -- locked last
  taken text[] := '{}'; -- in all
  wanted integer := free;
  earliest bigint; -- when to look again
  -- of a tree
  members text[];
  -- the slices, and from which instant on they are looked at
  slice_jobs text[];
  slice_queues text[];
  slice_priorities integer[];
  always constant bigint := -9223372036854775808;
  since bigint := always;
  soon bigint; -- the first due run that was not taken
  view text; -- where the next claim may begin
  -- several slices: how many candidates are read, how many there were, whether they are of one queue
  width integer;
  found_count integer;
  is_one boolean;
  -- the one suspect run that may be taken
  suspect_run text;
  suspect_queue text;
  suspect_priority integer;
  suspect_due bigint;
begin
  perform check_isolation();
  ${answerAtOnce}
  ${readPauses}
  ${findSuspect}
  if tree is not null then
    ${claimTree}
  else
    ${findSlices}
    if cardinality(slice_jobs) = 1 and suspect_run is null then
      ${claimOnlySlice}
    end if;
    ${claimFromSlices}
    ${findNextDue}
    earliest := soon;
    ${tellCursor}
  end if;
  ${lookAgainAfterPause}
  return query ${clock('earliest, view')};
  if taken = '{}' then return; end if;
  return query ${claims('l.run = any(taken)')};
end $$;
${take}`;
