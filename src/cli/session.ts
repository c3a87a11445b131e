import type { App } from '../app/app.ts';
import type { CommandApp } from '../app/command-app.ts';
import type { ConfigValue, LoadedConfig } from '../app/config/config.ts';
import { abandonedRuns } from '../app/abandoned-runs.ts';
import type { AppOptions } from '../app/config/options.ts';
import { createApp } from '../program/create-app.ts';
import { shortId } from '../std/id.ts';
import type { Call } from './call.ts';
import { openLogs, type Logs } from './logs.ts';
import { printProblems } from './print/problems.ts';
import type { Terminal } from './print/terminal.ts';
import { loadSettings } from './settings.ts';

/** What a command works with: an app on a store, or as much of one as a server gives. */
export interface Session<A extends CommandApp = CommandApp> {
  readonly app: A;
  readonly config: LoadedConfig;
  readonly logs: Logs;
}

/**
 * Gives `work` an app with the settings of the command line, and closes it afterwards, whatever happens. Nothing is
 * open yet: store and jobs open when they are used. Runs that a killed process left behind are named at the end.
 */
export async function withApp(call: Call, work: (session: Session) => Promise<number>): Promise<number> {
  const remote = await openRemote(call);
  if (!remote) return withOwnApp(call, work);
  try {
    return await work(remote);
  } finally {
    call.terminal.end();
  }
}

/** Opens an app on a store, never on a server: for what is done in this process. */
export async function withOwnApp(call: Call, work: (session: Session<App>) => Promise<number>): Promise<number> {
  const session = await openSession(call);
  const { app } = session;
  try {
    const code = await work(session);
    await printAbandonedRuns(call.terminal, app);
    return code;
  } finally {
    call.terminal.end();
    await app.stop();
  }
}

/** The app without store: for commands that only look at jobs. Files with problems are named. */
export async function withJobs<T>(call: Call, work: (app: CommandApp) => T | Promise<T>): Promise<T> {
  const { app } = (await openRemote(call)) ?? (await openSession(call));
  try {
    await app.jobs.load();
    printProblems(call.terminal, app.jobs.problems);
    return await work(app);
  } finally {
    await app.stop();
  }
}

/** Settings, logs and app of a command line, for those that close the app themselves. @throws CONFIG_INVALID */
export async function openSession(
  call: Call,
  kind: 'actions' | 'serves' = 'actions',
  defaults: AppOptions = {},
): Promise<Session<App>> {
  const config = call.config ?? (await loadSettings(call.flags));
  const options = { ...defaults, ...optionsOf(call.app, config) };
  const logs = openLogs(options.log, { ...call, kind });
  const settings = { ...options, log: logs.process };
  const own = Object.keys(call.app?.config.options ?? {});
  if (call.app && (!call.app.config.isSettled || isOverruled(config))) call.app.config.change(settings);
  const app = call.app ?? createApp(settings, { actor: 'cli', isBrief: kind === 'actions' });
  app.insight.settings = () => settingsOf(config, new Set(own));
  return { app, config, logs };
}

/** Those whose origin is known: not what the program itself says. */
function settingsOf({ values }: LoadedConfig, own: ReadonlySet<string>): readonly ConfigValue[] {
  return values.filter(({ name, from }) => from === 'flag' || from === 'env' || !own.has(name.split('.')[0] ?? name));
}

/** Where the settings name a server, and the command may ask one. @throws CONFIG_INVALID */
async function openRemote(call: Call): Promise<Session | undefined> {
  const config = call.config ?? (call.command.remote && (await loadSettings(call.flags)));
  if (!config || config.url === null || !call.command.remote) return undefined;
  const { RemoteApp } = await import('../app/remote/remote-app.ts');
  const app = new RemoteApp({ url: config.url, token: config.token });
  return { app, config, logs: openLogs(config.options.log, { ...call, kind: 'actions' }) };
}

/** Flags or environment say something: it may be too late, and then that is said. */
function isOverruled({ values }: LoadedConfig): boolean {
  return values.some(({ from }) => from === 'flag' || from === 'env');
}

/** What the program said, below what flags and environment say, above what file and defaults say (contract EGO-26). */
function optionsOf(app: App | undefined, config: LoadedConfig): AppOptions {
  if (!app) return config.options;
  const above = new Set(config.values.filter(({ from }) => from === 'flag' || from === 'env').map(({ name }) => name));
  const sections = new Set([...above].map((name) => name.split('.')[0]));
  const { http, ...program } = app.config.options;
  const entries = Object.entries(program).filter(([name, value]) => value !== undefined && !sections.has(name));
  const https = Object.entries(http ?? {}).filter(([name, value]) => value !== undefined && !above.has(`http.${name}`));
  return {
    ...config.options,
    ...Object.fromEntries(entries),
    http: { ...config.options.http, ...Object.fromEntries(https) },
  };
}

/** Only a note: where the store does not answer any more, the command has said what it had to say. */
async function printAbandonedRuns(terminal: Terminal, app: App): Promise<void> {
  const runs = await app
    .openStore()
    .then(abandonedRuns)
    .catch(() => []);
  const note = terminal.infoSide.paint.yellow('note:');
  for (const run of runs.slice(0, maxNamed)) {
    const id = terminal.infoSide.isWatched ? shortId(run.id) : run.id;
    terminal.info(
      `${note} ${run.job} was left by a process that died and waits for a worker: ` +
        `onejob runs wait ${id}, or onejob runs cancel ${id}`,
    );
  }
  const more = runs.length - maxNamed;
  if (more > 0) terminal.info(`${note} so were ${more} more: onejob runs list --state queued, or onejob doctor`);
}

const maxNamed = 5;
