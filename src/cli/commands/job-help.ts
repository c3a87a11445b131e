import type { Call } from '../call.ts';
import { jobHelp } from '../help/job-help.ts';
import { findJob, jobNames } from '../requests.ts';
import { withJobs } from '../session.ts';

/** `onejob run <Job> --help`. */
export function execute(call: Call): Promise<number> {
  return withJobs(call, (app) => {
    const page = { paint: call.terminal.paint, width: Math.min(call.terminal.width, 100) };
    const jobs = jobNames(call).map((name) => findJob(call, app, name));
    call.terminal.out(jobs.map((job) => jobHelp(job, page)).join('\n'));
    return 0;
  });
}
