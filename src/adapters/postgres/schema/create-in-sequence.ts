import { settings } from './settings.ts';

/** Creating runs beside an earlier group of the same process. */
export const createInSequence = /* sql */ `
-- create_v1 for runs without key and holder, beside others that the same process has asked for before. They are due at
-- 'latest', an instant that no earlier group of the process lies behind, so they lie in the line as they were asked for.
-- They commit after the group of the turn before, too: each call keeps the lock of its 'turn' in the 'line' of its process
-- until it has committed, and takes that of the turn before when its work is done. Only if the earlier one has not even
-- begun by then it comes second; its lock is taken, and it waits. So nobody waits for a later one that waits itself.
create function create_in_sequence_v1(items json, size integer, sequence integer, place integer, latest bigint) returns json
language plpgsql volatile
${settings}
as $$
declare
  made json;
begin
  perform check_isolation();
  perform pg_advisory_xact_lock(sequence, place);
  made := create_v1(items, size, false, '{}', least(latest, now_ms()));
  perform pg_advisory_xact_lock(sequence, place - 1);
  return made;
end $$;
`;
