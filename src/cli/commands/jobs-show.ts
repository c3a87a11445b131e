import { jobView } from '../../app/views/json-views.ts';
import type { AnyJob } from '../../job/define.ts';
import { formatDuration } from '../../std/duration.ts';
import type { Call } from '../call.ts';
import { jobHelp } from '../help/job-help.ts';
import { block, pairs } from '../help/layout.ts';
import { placeOf } from '../print/place.ts';
import { findJob } from '../requests.ts';
import { withJobs } from '../session.ts';

/** `onejob show <Job>`: the page of its help, and its rules below. */
export function execute(call: Call): Promise<number> {
  const { terminal, positionals } = call;
  return withJobs(call, (app) => {
    const job = findJob(call, app, positionals[0] ?? '');
    if (terminal.json) {
      terminal.outJson({ v: 1, ...jobView(job) });
      return 0;
    }
    const page = { paint: terminal.paint, width: Math.min(terminal.width, 100) };
    const rules = block('Rules', pairs(rulesOf(job), page.width - 2), terminal.paint);
    terminal.out(`${jobHelp(job, page)}\n${rules}`);
    return 0;
  });
}

function rulesOf(job: AnyJob): [string, string][] {
  const { attempts, delayMs, factor, maxDelayMs } = job.retry;
  const retry =
    attempts === 1
      ? 'never again'
      : `${attempts} attempts, ${formatDuration(delayMs)} apart, × ${factor} up to ${formatDuration(maxDelayMs)}`;
  const time = (ms: number | null) => (ms === null ? 'none' : formatDuration(ms));
  return [
    ['retry', retry],
    ['time-out', job.timeoutMs === null ? 'none' : `${time(job.timeoutMs)} an attempt`],
    ['deadline', time(job.deadlineMs)],
    ['key', job.key ? 'computed from the input: same key = same run' : 'none of its own'],
    ['queue', `${job.queue}, priority ${job.priority}`],
    ['crashes', `at most ${job.maxCrashes} in a row`],
    ['defined at', placeOf(job)],
  ];
}
