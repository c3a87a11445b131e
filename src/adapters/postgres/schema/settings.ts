/**
 * What the functions of the port keep for the time of their call; those that they call find it so. The schema that they
 * were made in, so that no call depends on a setting of its session.
 *
 * One plan for all calls, and no sequential scans: a session plans a function's statements once, often when the tables
 * are nearly empty, and keeps the plan while they grow (measured: 8 ms instead of 0.1 ms for 100 outcomes after half a
 * minute). Together with joins that are written as look-ups by key, what remains is an index scan whatever the
 * statistics say. Where no index applies the forbidden scan is taken at a price that would wake the compiler, so that
 * is off too.
 */
export const settings =
  'set search_path from current set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off';
