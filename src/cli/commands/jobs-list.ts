import type { AnyJob } from '../../job/define.ts';
import type { Call } from '../call.ts';
import { printTable } from '../print/table.ts';
import { jobView, placeOf } from '../print/job-view.ts';
import { withJobs } from '../session.ts';

/** `onejob list`: the jobs that are found, with what each is for. */
export function execute(call: Call): Promise<number> {
  const { terminal } = call;
  return withJobs(call, ({ registry }) => {
    const jobs = registry.all();
    if (terminal.json) {
      terminal.outJson({ v: 1, items: jobs.map(jobView), next: null });
      return 0;
    }
    if (jobs.length === 0) terminal.talk('there are no jobs here: onejob looks in jobs/, or where --jobs says');
    printTable<AnyJob>(
      terminal,
      [
        { title: 'job', cell: ({ name }) => terminal.paint.bold(name), plain: ({ name }) => name },
        { title: 'summary', cell: ({ summary }) => summary, cut: true },
        { title: 'place', cell: (job) => terminal.paint.dim(placeOf(job)), plain: placeOf },
      ],
      jobs,
    );
    return 0;
  });
}
