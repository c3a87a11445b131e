import type { App } from '../../app/app.ts';
import { roleNames } from '../../app/config/role.ts';
import type { Log } from '../../ports/log.ts';
import type { Call } from '../call.ts';
import type { FaultKind } from '../faults.ts';
import { printProblems } from '../print/problems.ts';
import { openSession } from '../session.ts';

/**
 * `onejob start`: a process that takes whatever is due and serves HTTP, until a signal ends it: 0 once its work is done
 * or handed back (contract VT-14), NODE_TAKEN when another process has taken its name.
 */
export async function execute(call: Call): Promise<number> {
  const { terminal, interruption, faults } = call;
  const { app, logs } = await openSession(call, 'serves', { roles: roleNames });
  interruption.own();
  faults.handle((thrown, kind) => report({ app, log: logs.process }, thrown, kind));
  const interrupted = new Promise<void>((resolve) => {
    if (interruption.signal.aborted) resolve();
    interruption.signal.addEventListener('abort', () => resolve());
  });
  try {
    await Promise.race([start(call, app), interrupted]);
    await Promise.race([app.failed, interrupted]);
    logs.process.info('stopping', { signal: interruption.by, running: app.running.load });
    return 0;
  } finally {
    await app.stop(graceMs);
    terminal.end();
  }
}

/** Resolves when all is up and said to be. */
async function start({ terminal, interruption }: Call, app: App): Promise<void> {
  // Opens while the job files load; what it has to say comes out in `start`.
  app.openStore().catch(() => undefined);
  await app.jobs.load();
  printProblems(terminal, app.jobs.problems);
  if (app.jobs.registry.names().length === 0) {
    terminal.complain('there are no jobs here, so there is nothing to do: onejob looks in jobs/, or where --jobs says');
  }
  await app.start();
  if (interruption.by !== null) return;
  const { settings } = app.config;
  const { url } = app;
  const { node } = settings;
  const { pid } = process;
  const store = (await app.openStore()).facts.url;
  terminal.info(`onejob ready ${url ?? '-'} node=${node} roles=${settings.roles.join(',')} store=${store} pid=${pid}`);
  if (terminal.json)
    terminal.out(`${JSON.stringify({ event: 'ready', url, pid, node, roles: settings.roles, store })}\n`);
}

/**
 * A rejection that nobody awaits is the fault of one run, and the other runs of this worker go on; it is kept with
 * that run's log too. After an exception in a callback nothing in the process can be relied on: it ends at once, and
 * others take its runs over, as after any crash (protocol/liveness#crashes).
 */
function report({ app, log }: { app: App; log: Log }, thrown: unknown, kind: FaultKind): boolean {
  const { current } = app.running;
  const fields = { ...(current && { job: current.job, run: current.id, traceId: current.traceId }), error: thrown };
  if (kind === 'rejection') {
    log.error('a promise that nobody awaits was rejected', fields);
    if (current) console.error(thrown);
    return true;
  }
  log.error('an exception that nobody caught ends this worker; others take its runs over', fields);
  return process.exit(1);
}

/** The grace of handlers when the process is told to end (contract EGO-25). */
const graceMs = 25_000;
