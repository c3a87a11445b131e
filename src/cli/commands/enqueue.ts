import { runView } from '../../job/run-view.ts';
import { shortId } from '../../std/id.ts';
import { usage } from '../arguments/flag.ts';
import type { Call } from '../call.ts';
import { printProblems } from '../print/problems.ts';
import { readRequests } from '../requests.ts';
import { withApp, type Session } from '../session.ts';

/** `onejob enqueue` and `onejob run --detach`: the runs wait for a worker; only their ids are printed. */
export async function execute(call: Call): Promise<number> {
  if (call.flags.on('help')) return (await import('./job-help.ts')).execute(call);
  return withApp(call, (session) => enqueueAll(call, session));
}

async function enqueueAll(call: Call, { app, config }: Session): Promise<number> {
  const { terminal } = call;
  if (config.url === null && config.options.store === 'memory:')
    usage(
      'a run that waits for a worker would be gone with this command: memory: lives in one process',
      'name another --store',
    );
  await app.jobs.load();
  printProblems(terminal, app.jobs.problems);
  const runs = (await app.enqueue(await readRequests(call, app))).map(({ run }) => run);
  for (const { id, job, state } of terminal.json ? [] : runs) {
    terminal.out(`${id}\n`);
    if (terminal.infoSide.isWatched) terminal.info(`${job} is ${state}; onejob runs wait ${shortId(id)} waits for it`);
  }
  if (terminal.json) terminal.outJson({ v: 1, runs: runs.map(runView) });
  return 0;
}
