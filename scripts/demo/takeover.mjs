// Part 2: a worker is killed in the middle of a run, and another one goes on.
// @ts-check
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checked, heading, paint, prompt, remark, say } from './page.mjs';
import { root } from './stage.mjs';

const orders = 5;
const key = 'bills-of-today';

/**
 * @param {import('./stage.mjs').Stage} stage
 * @param {import('./words.mjs').Words} words
 */
export async function showTakeover(stage, words) {
  const ledger = join(stage.folder, 'ledger.txt');
  const client = await stage.client();
  heading(words.two.title);
  say(words.two.what);
  remark(words.two.start);
  stage.export({ ONEJOB_JOBS: join(root, 'scripts/demo/jobs') });
  const first = stage.start(['onejob', 'start', '--roles', 'worker', '--node', 'one'], 'one');
  await until('the first worker is ready', () => isReady(first));
  const code = await stage.run(['onejob', 'enqueue', 'bill-orders', '--ledger', 'ledger.txt', '--key', key]);
  if (code !== 0) throw new Error(`enqueue: exit code ${code}`);

  remark(words.two.bills);
  const showBills = follow(ledger);
  await until('two orders are billed', async () => {
    await showBills();
    return (await recorded(client)) >= 3;
  });
  await showBills();
  remark(words.two.kill(await recorded(client)));
  prompt(`kill -9 ${first.pid}`);
  first.kill('SIGKILL');
  await first.ended;

  remark(words.two.again);
  const since = performance.now();
  const second = stage.start(['onejob', 'start', '--roles', 'worker', '--node', 'two'], 'two');
  /** @type {number | undefined} */
  let readyAt;
  await until('the second worker has the run', async () => {
    if (isReady(second)) readyAt ??= performance.now();
    const run = await client.get(key);
    return run?.state === 'running' && run.node === 'two';
  });
  checked(words.two.took(Math.round(performance.now() - since)));
  const tookMs = performance.now() - (readyAt ?? Infinity);
  if (tookMs > slowestMs) throw new Error(`the takeover took ${tookMs} ms from when the worker was ready`);
  await until('the run has ended', async () => {
    await showBills();
    return isEnded((await client.find(key)).state);
  });
  const run = await client.find(key);
  second.kill('SIGTERM');
  await second.ended;
  if (run.state !== 'succeeded') throw new Error(`the run is ${run.state}: ${run.error?.message}`);

  remark(words.two.page);
  await stage.run(['onejob', 'runs', 'show', key]);
  remark(words.two.ledger);
  await showLedger(ledger, words);
}

/** Without the knowledge that a process of this machine is gone it would be the lease, 10 s. */
const slowestMs = 5_000;

/**
 * @param {string} ledger
 * @param {import('./words.mjs').Words} words
 */
async function showLedger(ledger, words) {
  prompt('cat ledger.txt');
  const lines = (await readFile(ledger, 'utf8')).trimEnd().split('\n');
  for (const line of lines) say(line);
  const billed = new Set(lines.map((line) => line.match(/^order (\d+)/)?.[1]));
  const processes = new Set(lines.map((line) => line.match(/process (\d+)/)?.[1]));
  if (lines.length !== orders || billed.size !== orders || processes.size !== 2) {
    throw new Error(`${lines.length} lines for ${billed.size} orders by ${processes.size} processes`);
  }
  checked(words.two.once(orders));
  say(`\n${words.two.honest}`);
}

/** @param {{ lines: readonly string[] }} worker */
function isReady({ lines }) {
  return lines.some((line) => line.startsWith('onejob ready'));
}

/** Steps of the run that are recorded as done. @param {import('onejob').Client} client */
async function recorded(client) {
  const run = await client.get(key, { steps: true });
  return run?.steps?.filter(({ state }) => state === 'succeeded').length ?? 0;
}

/** Gives what prints the lines that a file has got since the last call. @param {string} file */
function follow(file) {
  let shown = 0;
  return async () => {
    const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').slice(0, -1);
    for (const line of lines.slice(shown)) say(`  ${paint.bold(line.split('  ').slice(0, 2).join('  '))}`);
    shown = lines.length;
  };
}

/** @param {import('onejob').RunState} state */
function isEnded(state) {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}

/**
 * @param {string} what
 * @param {() => boolean | Promise<boolean>} isSo
 */
async function until(what, isSo) {
  const end = performance.now() + 60_000;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`in a minute it did not come to this: ${what}`);
    await sleep(10);
  }
}
