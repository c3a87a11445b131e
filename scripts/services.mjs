#!/usr/bin/env node
// Real servers for tests: postgres, mysql, redis, etcd, pgbouncer, or those that are named.
//
//   node scripts/services.mjs run [NAME…] -- CMD ARG…   starts them, runs CMD with TEST_…_URL set, stops them
//   node scripts/services.mjs start [NAME…]             starts them in the background, prints `export TEST_…_URL=…` lines
//   node scripts/services.mjs stop                      stops what `start` started
//
// A server whose TEST_…_URL is already set is used as it is. Else its program is looked for on this machine, else
// installed (root on Debian), else taken from compose.yaml where Docker runs, else the sentence says what to do and
// nothing goes on; with --skip-missing it goes on without that server.
//
// The servers are children of a guard (services/guard.mjs), so nothing is left behind when their owner is killed.
// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { services } from './services/guard.mjs';

/**
 * @typedef {import('./services/guard.mjs').Opened} Opened
 *
 * @typedef {object} Wish
 * @property {string[]} names
 * @property {boolean} skipMissing
 */

const self = fileURLToPath(import.meta.url);
const guardFile = join(dirname(self), 'services', 'guard.mjs');
const stateFile = join(dirname(dirname(self)), '.build', 'services.json');

/** Name → variable of its URL: `postgres` → `TEST_POSTGRES_URL`. */
export const serverVariables = new Map(services.map(({ name, variable }) => [name, variable]));

/**
 * Starts servers behind a guard that ends with this process.
 *
 * @param {Iterable<string>} names
 * @returns {Promise<Opened & { close: () => Promise<void> }>}
 */
export async function openServices(names) {
  const guard = spawn(process.execPath, [guardFile, ...names], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
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
 * @param {Wish} wish
 * @param {string[]} command
 */
async function run(wish, command) {
  const [file, ...args] = command;
  if (file === undefined) throw new Error('run needs a command: node scripts/services.mjs run -- CMD');
  const opened = await openServices(wish.names);
  try {
    checkMissing(wish, opened);
    const child = spawn(file, args, { stdio: 'inherit', env: { ...process.env, ...opened.env } });
    process.on('SIGINT', () => {}); // the terminal sends it to the child as well
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    const [code, signal] = await once(child, 'exit');
    process.exitCode = signal === null ? code : 1;
  } finally {
    await opened.close();
  }
}

/** @param {Wish} wish */
async function start(wish) {
  const running = await readState();
  if (running !== undefined) return printRunning(wish, running.env);
  const guard = spawn(process.execPath, [guardFile, '--until-stopped', ...wish.names], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const opened = await readOpened(guard);
  try {
    checkMissing(wish, opened);
  } catch (error) {
    guard.kill('SIGTERM');
    throw error;
  }
  await mkdir(dirname(stateFile), { recursive: true });
  await writeFile(stateFile, JSON.stringify({ pid: guard.pid, env: opened.env }));
  printExports(opened.env);
  guard.stdout.destroy();
  guard.unref();
}

/**
 * @param {Wish} wish
 * @param {Record<string, string>} env
 */
function printRunning({ names }, env) {
  printExports(env);
  const absent = names.filter((name) => env[serverVariables.get(name) ?? ''] === undefined);
  if (absent.length > 0) {
    console.error(`running without ${absent.join(', ')}: \`node scripts/services.mjs stop\`, then start again`);
  }
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

/**
 * @param {Wish} wish
 * @param {Opened} opened
 */
function checkMissing({ skipMissing }, { missing }) {
  const sentences = Object.values(missing);
  if (sentences.length === 0) return;
  if (!skipMissing) throw new Error(sentences.join('\n'));
  for (const sentence of sentences) console.error(`skipped: ${sentence}`);
}

/**
 * @param {string[]} words
 * @returns {Wish}
 */
function wishOf(words) {
  const named = words.filter((word) => word !== '--skip-missing');
  const unknown = named.find((name) => !serverVariables.has(name));
  if (unknown !== undefined) {
    throw new Error(`there is no server ${unknown} here, only ${[...serverVariables.keys()].join(', ')}`);
  }
  const names = named.length > 0 ? named : [...serverVariables.keys()];
  return { names, skipMissing: words.includes('--skip-missing') };
}

/** @param {string[]} line */
async function main([command, ...rest]) {
  const dashes = rest.indexOf('--');
  const words = dashes === -1 ? rest : rest.slice(0, dashes);
  if (command === 'run') return await run(wishOf(words), dashes === -1 ? [] : rest.slice(dashes + 1));
  if (command === 'start') return await start(wishOf(words));
  if (command === 'stop') return await stop();
  throw new Error('usage: node scripts/services.mjs start [NAME…] | stop | run [NAME…] -- CMD');
}

if (process.argv[1] === self) {
  await main(process.argv.slice(2)).catch((error) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
