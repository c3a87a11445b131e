import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { createClient } from '../../src/app/client/create-client.ts';
import type { Client } from '../../src/app/client/client.ts';
import { openFolder } from './folder.ts';
import { openMysqlDatabase, postgresUrl, uniqueName } from './servers.ts';

const launcher = new URL('../../bin/onejob.js', import.meta.url).pathname;
const jobs = new URL('durable-jobs/durable.job.mjs', import.meta.url).pathname;

/** One line of what the handlers wrote where no store sees it. */
export interface Noted {
  readonly pid: number;
  /** By the worker's own wall clock. */
  readonly at: number;
  readonly run: string;
  readonly step?: number | string;
  readonly event?: string;
  readonly reason?: string;
  readonly winner?: string;
}

/** A store with real worker processes around it; all of it is gone when the test has ended. */
export interface Fixture {
  readonly store: string;
  readonly client: Client;
  /** Resolves once the worker says that it is up. */
  worker(options?: WorkerChoice): Promise<WorkerProcess>;
  /** A file of this ground. */
  path(name: string): string;
  ledger(): Noted[];
}

interface WorkerChoice {
  readonly node?: string;
  readonly concurrency?: number;
  readonly env?: Record<string, string>;
  /** Another way to the store than the ground's own: through a proxy. */
  readonly store?: string;
}

export interface WorkerProcess {
  readonly pid: number;
  readonly stderr: () => string;
  readonly child: ChildProcess;
  kill(signal: NodeJS.Signals): void;
  /** Exit code, or the signal's name. */
  readonly exited: Promise<number | string>;
}

/** The stores on which durability is tried. */
export const storeKinds = ['sqlite', 'postgres', 'mysql'] as const;
export type StoreKind = (typeof storeKinds)[number];

/** `lease`: how long a silent worker is believed to live; short where takeovers are tried. `store`: one made already. */
export async function openFixture(
  kind: StoreKind,
  { lease = '10s', store: own }: { lease?: string; store?: string } = {},
): Promise<Fixture> {
  const folder = await openFolder();
  const ledgerFile = join(folder, 'ledger.ndjson');
  const { url: store, drop } = own === undefined ? await placeFor(kind, folder) : { url: own };
  const config = { store, jobs, limits: { lease, parkAfter: '200ms' }, log: { level: 'info', format: 'json' } };
  await writeFile(join(folder, 'onejob.config.json'), JSON.stringify(config));
  const client = createClient({ store });
  const workers: WorkerProcess[] = [];
  onTestFinished(async () => {
    for (const worker of workers) worker.kill('SIGKILL');
    await Promise.all(workers.map(({ exited }) => exited));
    await client.close();
    await drop?.();
  });
  return {
    store,
    client,
    path: (name) => join(folder, name),
    async worker({ node, concurrency = 10, env = {}, store: way } = {}) {
      const args = [launcher, 'start', '--roles=worker', '--json', `--concurrency=${concurrency}`];
      if (node) args.push(`--node=${node}`);
      if (way) args.push(`--store=${way}`);
      const worker = await startWorker(args, folder, { ...process.env, LEDGER: ledgerFile, ...env });
      workers.push(worker);
      return worker;
    },
    ledger: () => (existsSync(ledgerFile) ? parsed(readFileSync(ledgerFile, 'utf8')) : []),
  };
}

interface Place {
  readonly url: string;
  readonly drop?: () => Promise<void>;
}

/** A store that nobody has used. */
async function placeFor(kind: StoreKind, folder: string): Promise<Place> {
  if (kind === 'sqlite') return { url: `sqlite:${join(folder, 'onejob.db')}` };
  if (kind === 'postgres') return { url: schemaUrl() };
  const { url, close } = await openMysqlDatabase('durable');
  return { url, drop: close };
}

function schemaUrl(): string {
  const url = new URL(postgresUrl());
  url.searchParams.set('schema', uniqueName('durable'));
  return url.href;
}

/** A line that was being written when its process was killed is not there. */
function parsed(text: string): Noted[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Noted);
}

async function startWorker(args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<WorkerProcess> {
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('"ready"')) resolve();
    });
  });
  const failed = exited.then((code) => {
    throw new Error(`the worker ended with ${code} before it was up: ${stderr}`);
  });
  await Promise.race([ready, failed]);
  failed.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    child,
    stderr: () => stderr,
    exited,
    kill: (signal) => {
      if (child.exitCode === null && child.signalCode === null) process.kill(child.pid ?? 0, signal);
    },
  };
}
