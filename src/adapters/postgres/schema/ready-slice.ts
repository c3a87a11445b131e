/** A ready slice: the runs of one job, queue and priority that nobody holds, which the index `live_line` keeps in order. */
interface Slice {
  readonly job: string;
  readonly queue: string;
  readonly priority: string;
}

/** A condition on `live l`: of that slice, and not suspect. */
export const ofSlice = ({ job, queue, priority }: Slice): string =>
  `l.suspect = 0 and l.job = ${job} and l.queue = ${queue} and l.priority = ${priority} and l.worker is null`;

/**
 * The slices that exist, for `with recursive`, as `slices (job, queue, priority)`. Each is found by one seek beyond the
 * last one, so no run is walked over.
 *
 * @param jobs an array of the jobs that are looked for
 * @param suspect 1: those of suspect runs
 */
export const readySlices = (jobs: string, suspect: 0 | 1): string => `slices as (
      select j.job, f.queue, f.priority
      from unnest(${jobs}) j(job) cross join lateral (
        select l.queue, l.priority from live l where l.suspect = ${suspect} and l.job = j.job and l.worker is null
        order by l.queue, l.priority desc limit 1) f
      union all
      select c.job, n.queue, n.priority
      from slices c cross join lateral (
        (select l.queue, l.priority from live l where l.suspect = ${suspect} and l.job = c.job and l.worker is null
          and l.queue = c.queue and l.priority < c.priority order by l.queue, l.priority desc limit 1)
        union all
        (select l.queue, l.priority from live l where l.suspect = ${suspect} and l.job = c.job and l.worker is null
          and l.queue > c.queue order by l.queue, l.priority desc limit 1)
        order by queue limit 1) n
    )`;
