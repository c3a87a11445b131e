import { hasCode } from '../job/errors.ts';
import { Flags } from './arguments/flags.ts';
import { fieldsOf } from './arguments/job-fields.ts';
import { refuseShared } from './arguments/job-positionals.ts';
import type { Call } from './call.ts';
import { findJob, jobNames } from './requests.ts';
import { withJobs } from './session.ts';

/**
 * Behind a job's name `--store x` may be meant for a field `store` of the job, and be no store at all. So where the
 * settings are refused, the jobs are asked first: theirs is the better answer (contract GJ-14).
 */
export async function betterError(call: Call, error: unknown): Promise<unknown> {
  if (!hasCode(error, 'CONFIG_INVALID') || call.behind.length === 0) return error;
  const flags = new Flags();
  for (const name of ['config', 'jobs', 'plugins']) {
    for (const text of call.flags.list(name)) flags.add(name, text);
  }
  try {
    return await withJobs({ ...call, flags }, (app) => {
      for (const job of jobNames(call).map((name) => findJob(call, app, name))) {
        for (const each of call.behind) refuseShared(job, fieldsOf(job), each);
      }
      return error;
    });
  } catch (better) {
    return hasCode(better, 'USAGE') ? better : error;
  }
}
