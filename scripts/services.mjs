#!/usr/bin/env node
// Real servers for tests.
//
//   node scripts/services.mjs run -- CMD ARG…   starts them, runs CMD with TEST_…_URL set, stops them
//   node scripts/services.mjs start             starts them in the background, prints `export TEST_…_URL=…` lines
//   node scripts/services.mjs stop              stops what `start` started
//
// A server whose TEST_…_URL is already set is used as it is. Else its program is looked for on this machine, else
// installed (root on Debian), else the sentence says what to do.
//
// The servers are children of a guard (`hold`), a process in a session of its own that stops them when it is told
// to, or when the pipe from whoever wanted them closes. So nothing is left behind when tests are killed with -9.
// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { postgres } from './services/postgres.mjs';
import { findOrInstall } from './services/program.mjs';
import { freePort, runProgram } from './services/server.mjs';

/**
 * How a server is found and started; one file each in scripts/services.
 *
 * @typedef {object} Service
 * @property {string} name
 * @property {string} variable names the URL of a server that somebody else runs, and hands ours to the tests
 * @property {string} program
 * @property {() => Promise<string[]>} folders where to look for it before PATH
 * @property {string[]} packages of Debian that bring it
 * @property {string} [user] who it runs as when we are root
 * @property {(place: Place) => Promise<{ url: string, stop: () => Promise<void> }>} start
 *
 * @typedef {object} Place
 * @property {string} bin folder of the program
 * @property {string} dir an empty folder that belongs to the user it runs as
 * @property {number} port
 * @property {{ uid?: number, gid?: number, cwd: string }} as
 *
 * @typedef {object} Opened
 * @property {Record<string, string>} env variable → URL of every server that runs
 * @property {Record<string, string>} missing variable → the sentence why there is none
 */

/** @type {readonly Service[]} */
const services = [postgres];

const self = fileURLToPath(import.meta.url);
const stateFile = join(dirname(dirname(self)), '.build', 'services.json');

/**
 * Starts every server behind a guard that ends with this process.
 *
 * @returns {Promise<Opened & { close: () => Promise<void> }>}
 */
export async function openServices() {
  const guard = spawn(process.execPath, [self, 'hold'], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const exited = once(guard, 'exit');
  const opened = await readOpened(guard);
  return {
    ...opened,
    async close() {
      guard.stdin.end();
      await exited;
    },
  };
}

/**
 * @param {import('node:child_process').ChildProcessByStdio<any, import('node:stream').Readable, any>} guard
 * @returns {Promise<Opened>}
 */
async function readOpened(guard) {
  for await (const line of createInterface({ input: guard.stdout })) return JSON.parse(line);
  throw new Error('the guard of the test servers ended before they were up');
}

/**
 * The guard: one line of JSON when all are up, then it waits for its end.
 *
 * @param {{ untilStopped: boolean }} options
 */
async function hold({ untilStopped }) {
  const { promise: told, resolve: tell } = deferred();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, tell);
  if (!untilStopped) process.stdin.on('end', tell).on('error', tell).resume();

  /** @type {Opened} */
  const opened = { env: {}, missing: {} };
  /** @type {(() => Promise<void>)[]} */
  const stops = [];
  for (const service of services) {
    const given = process.env[service.variable];
    try {
      const server = given === undefined || given === '' ? await startService(service) : { url: given };
      opened.env[service.variable] = server.url;
      if ('stop' in server) stops.push(server.stop);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      opened.missing[service.variable] = `no ${service.name} for the tests: ${why}`;
    }
  }
  process.stdout.on('error', tell).write(`${JSON.stringify(opened)}\n`);
  await told;
  await Promise.allSettled(stops.map((stop) => stop()));
}

/** @param {Service} service */
async function startService(service) {
  const bin = await findOrInstall(service);
  const owner = await ownerOf(service);
  for (let tries = 1; ; tries += 1) {
    const dir = await mkdtemp(join(tmpdir(), `onejob-${service.name}-`));
    const remove = () => rm(dir, { recursive: true, force: true });
    try {
      if (owner.uid !== undefined && owner.gid !== undefined) await chown(dir, owner.uid, owner.gid);
      const server = await service.start({ bin, dir, port: await freePort(), as: { ...owner, cwd: dir } });
      return { url: server.url, stop: () => server.stop().finally(remove) };
    } catch (error) {
      await remove();
      // Most likely somebody took the port between our look and the start.
      if (tries === 3) throw error;
    }
  }
}

/**
 * @param {Service} service
 * @returns {Promise<{ uid?: number, gid?: number }>}
 */
async function ownerOf({ user }) {
  if (user === undefined || process.getuid?.() !== 0) return {};
  const [uid, gid] = await Promise.all([runProgram('id', ['-u', user]), runProgram('id', ['-g', user])]);
  if (uid.code !== 0) throw new Error(`there is no user ${user} to run it as, and it refuses root`);
  return { uid: Number(uid.said), gid: Number(gid.said) };
}

/** @param {string[]} command */
async function run(command) {
  const [file, ...args] = command;
  if (file === undefined) throw new Error('run needs a command: node scripts/services.mjs run -- CMD');
  const opened = await openServices();
  try {
    failOnMissing(opened);
    const child = spawn(file, args, { stdio: 'inherit', env: { ...process.env, ...opened.env } });
    process.on('SIGINT', () => {}); // the terminal sends it to the child as well
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    const [code, signal] = await once(child, 'exit');
    process.exitCode = signal === null ? code : 1;
  } finally {
    await opened.close();
  }
}

async function start() {
  const running = await readState();
  if (running !== undefined) return printExports(running.env);
  const guard = spawn(process.execPath, [self, 'hold', '--until-stopped'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const opened = await readOpened(guard);
  if (Object.keys(opened.missing).length > 0) guard.kill('SIGTERM');
  failOnMissing(opened);
  await mkdir(dirname(stateFile), { recursive: true });
  await writeFile(stateFile, JSON.stringify({ pid: guard.pid, env: opened.env }));
  printExports(opened.env);
  guard.stdout.destroy();
  guard.unref();
}

async function stop() {
  const running = await readState();
  if (running === undefined) return;
  process.kill(running.pid, 'SIGTERM');
  while (isAlive(running.pid)) await sleep(25);
  await rm(stateFile, { force: true });
}

/** @returns {Promise<{ pid: number, env: Record<string, string> } | undefined>} */
async function readState() {
  const text = await readFile(stateFile, 'utf8').catch(() => undefined);
  const state = text === undefined ? undefined : JSON.parse(text);
  return state !== undefined && isAlive(state.pid) ? state : undefined;
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** @param {Record<string, string>} env */
function printExports(env) {
  for (const [variable, url] of Object.entries(env)) console.log(`export ${variable}='${url}'`);
}

/** @param {Opened} opened */
function failOnMissing({ missing }) {
  const sentences = Object.values(missing);
  if (sentences.length > 0) throw new Error(sentences.join('\n'));
}

function deferred() {
  /** @type {(value?: unknown) => void} */
  let resolve = () => {};
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}

if (process.argv[1] === self) {
  const [command, ...rest] = process.argv.slice(2);
  const commands = {
    start,
    stop,
    hold: () => hold({ untilStopped: rest.includes('--until-stopped') }),
    run: () => run(rest[0] === '--' ? rest.slice(1) : rest),
  };
  try {
    const chosen = Object.entries(commands).find(([name]) => name === command)?.[1];
    if (chosen === undefined) throw new Error('usage: node scripts/services.mjs start | stop | run -- CMD');
    await chosen();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
