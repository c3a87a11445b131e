import { existsSync } from 'node:fs';
import type { CommandApp } from '../../app/command-app.ts';
import { listedJobView } from '../../app/views/json-views.ts';
import type { AnyJob } from '../../job/define.ts';
import type { Pause } from '../../ports/inspector.ts';
import type { Call } from '../call.ts';
import { pauseText } from '../pausing.ts';
import { printTable } from '../print/table.ts';
import { placeOf } from '../print/place.ts';
import { withJobs } from '../session.ts';

/** `onejob list`: the jobs that are found, with what each is for, and which of them are paused. */
export function execute(call: Call): Promise<number> {
  const { terminal } = call;
  return withJobs(call, async (app) => {
    const jobs = app.jobs.registry.all();
    const pauses = await readPauses(call, app);
    const pauseOf = ({ name }: AnyJob) => pauses.find((pause) => pause.type === 'job' && pause.name === name);
    if (terminal.json) {
      terminal.outJson({ v: 1, items: jobs.map((job) => listedJobView(job, pauses)), next: null });
      return 0;
    }
    if (jobs.length === 0) terminal.info('there are no jobs here: onejob looks in jobs/, or where --jobs says');
    const { paint } = terminal;
    const positionals = (job: AnyJob) => {
      const pause = pauseOf(job);
      return pause ? pauseText(pause) : '';
    };
    printTable<AnyJob>(
      terminal,
      [
        { title: 'job', cell: ({ name }) => paint.bold(name), plain: ({ name }) => name },
        { title: 'summary', cell: ({ summary }) => summary, cut: true },
        { title: 'place', cell: (job) => paint.dim(placeOf(job)), plain: placeOf },
        { title: 'paused', cell: (job) => paint.yellow(positionals(job)), plain: positionals },
      ],
      jobs,
    );
    return 0;
  });
}

/** Jobs can be listed without a store: one that is not there is not made for this, one that is away is no failure. */
async function readPauses({ terminal }: Call, app: CommandApp): Promise<readonly Pause[]> {
  const { store = '' } = app.config.options;
  if (typeof store === 'string' && store.startsWith('sqlite:') && !existsSync(store.slice('sqlite:'.length))) return [];
  try {
    return await app.client.pauses();
  } catch (error) {
    terminal.complain(`onejob: what is paused is not known: ${(error as Error).message}`);
    return [];
  }
}
