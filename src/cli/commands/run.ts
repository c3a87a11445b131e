import type { App } from '../../app/app.ts';
import { readFailure } from '../../job/failure.ts';
import type { Run } from '../../job/run.ts';
import { runView } from '../../job/run-view.ts';
import { isFinal } from '../../job/state.ts';
import { shortId } from '../../std/id.ts';
import type { Call } from '../call.ts';
import { exitOfRuns } from '../exit-code.ts';
import { openDebugPort } from '../debug-port.ts';
import { Leaving } from '../leaving.ts';
import { printProblems } from '../print/problems.ts';
import { RunReport } from '../print/run-report.ts';
import { readRequests } from '../requests.ts';
import { withOwnApp, type Session } from '../session.ts';

/** `onejob run`: executes jobs in this process and waits for them (contracts EGO-1 to EGO-7). */
export async function execute(call: Call): Promise<number> {
  if (call.flags.on('help')) return (await import('./job-help.ts')).execute(call);
  if (call.flags.on('detach')) return (await import('./enqueue.ts')).execute(call);
  return withOwnApp(call, (session) => runHere(call, session));
}

async function runHere(call: Call, { app, logs }: Session<App>): Promise<number> {
  const { terminal, interruption, faults } = call;
  faults.handle((thrown) => blame(call, app, thrown));
  interruption.own();
  const leaving = new Leaving(app, interruption);
  await leaving.atOnce(app.jobs.load());
  printProblems(terminal, app.jobs.problems);
  const requests = await leaving.atOnce(readRequests(call, app));
  const closeDebugPort = await openDebugPort(call, app);
  const report = new RunReport({ terminal, logs, several: requests.length > 1 });
  const stop = () => app.interrupt(interruption.by ?? 'SIGINT');
  interruption.signal.addEventListener('abort', stop);
  if (interruption.signal.aborted) stop();
  try {
    const runs = await leaving.onceIdle(app.execute(requests, report));
    report.end();
    if (terminal.json) terminal.outJson({ v: 1, runs: runs.map(runView) });
    for (const run of runs) sayIfLeft(call, run);
    return exitOfRuns(runs, interruption.by);
  } finally {
    report.end();
    interruption.signal.removeEventListener('abort', stop);
    await closeDebugPort();
  }
}

/**
 * An error that nobody caught fails the run whose code threw it, and the command says so when it ends. False: no run is
 * in execution whose error it could be.
 */
function blame({ terminal }: Call, app: App, thrown: unknown): boolean {
  const whose = app.running.fault(thrown);
  if (whose === 'late') {
    terminal.complain(`onejob: an error came when its run had ended: ${readFailure(thrown).failure.message}`);
  }
  return whose !== 'nobody';
}

/** Says where to find a run that goes on without this process. */
function sayIfLeft({ terminal }: Call, { job, id, state }: Run): void {
  if (isFinal(state)) return;
  const ref = terminal.infoSide.isWatched ? shortId(id) : id;
  terminal.info(`${job} is left ${state}: onejob runs wait ${ref}, or onejob runs cancel ${ref}`);
}
