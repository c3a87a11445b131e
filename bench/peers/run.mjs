// onejob beside its peers, all in one run, on the same servers and the same Node.
//
//   npm run build && npm install --prefix bench/peers && node bench/peers/run.mjs [--cells bulk,steps] [--only onejob,dbos]
//
// BENCH_SECONDS (2) is about how long each half of a measurement takes; below 2 it is a check that all of it works:
// one round without a warm-up, a short history, ten seconds of an open transaction. A run of all contenders writes
// bench/results/peers.md, of chosen cells a page named after them.
// @ts-check
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { argv, env } from 'node:process';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { openServices } from '../../scripts/services.mjs';
import { percentiles, report, round } from '../support.mjs';
import { contenders } from './contenders.mjs';
import { openPlace } from './places.mjs';
import { ContenderProcess, execPath } from './process.mjs';

/** @typedef {import('./contenders.mjs').Contender} Contender */

const { values: wanted } = parseArgs({
  args: argv.slice(2),
  options: { cells: { type: 'string' }, only: { type: 'string' } },
});
const seconds = Number(env['BENCH_SECONDS'] ?? 2);
const serious = seconds >= 2;
const rounds = serious ? 3 : 1;
const historyRuns = serious ? 1_000_000 : 20_000;
const heldSeconds = serious ? 180 : 10;
const most = Math.ceil(100_000 * seconds);
/** Of one pair of an empty and a filled store. */
const historyTurns = serious ? 5 : 1;

/** @type {Map<string, string>} Who is not measured, and why. */
const absent = new Map();
/** @type {string[]} */
const notes = [];
const begun = performance.now();
const servers = await openServices(['postgres', 'redis', 'mysql']);
try {
  /** @type {string[][]} */
  const rows = [];
  const cells = { bulk, steps, latency, history, flood };
  for (const [name, cell] of Object.entries(cells)) {
    if (wanted.cells !== undefined && !wanted.cells.split(',').includes(name)) continue;
    for (const row of await cell()) {
      rows.push(row);
      console.log(row.map((text, i) => text.padEnd([44, 28, 12, 20][i] ?? 0)).join(' '));
    }
  }
  for (const [name, why] of absent) notes.push(`Left out: ${name}: ${why}`);
  notes.forEach((note) => console.log(note));
  console.log(`${Math.round((performance.now() - begun) / 1_000)} s in all`);
  if (serious && wanted.only === undefined) {
    const { cells } = wanted;
    await report({
      name: cells === undefined ? 'peers' : `peers-${cells.replaceAll(',', '-')}`,
      title: 'onejob beside its peers',
      command: `node bench/peers/run.mjs${cells === undefined ? '' : ` --cells ${cells}`}`,
      head: ['cell', 'who', 'median', 'lowest – highest', 'onejob, PostgreSQL ÷ it'],
      rows,
      notes: [await versions(), '', ...notes.flatMap((note) => [`- ${note}`])],
    });
  }
} finally {
  await servers.close();
}

/** @returns {Contender[]} */
function present() {
  return contenders.filter(
    ({ name, system }) => !absent.has(name) && (wanted.only === undefined || wanted.only.split(',').includes(system)),
  );
}

/**
 * Round by round, all contenders in each, so that whatever else the machine does meets all alike. The first round warms
 * up and is not counted; who fails in it is left out.
 *
 * @param {string} measure @param {number} [times]
 * @returns {Promise<Map<string, Record<string, unknown>[]>>}
 */
async function compare(measure, times = rounds) {
  const processes = new Map(present().map((contender) => [contender.name, new ContenderProcess(contender.system)]));
  /** @type {Map<string, Record<string, unknown>[]>} */
  const figures = new Map();
  try {
    for (let round = serious ? 0 : 1; round <= times; round++) {
      for (const { name, kind, fast } of present()) {
        const warmUp = round === 0;
        const answer = await once({
          contender: { name, kind },
          process: processes.get(name),
          task: { measure, fast, seconds: warmUp ? 0.5 : seconds, size: most },
        });
        if (answer !== undefined && !warmUp) figures.set(name, [...(figures.get(name) ?? []), answer]);
      }
    }
  } finally {
    for (const child of processes.values()) child.leave();
  }
  return figures;
}

/**
 * @param {{ contender: Pick<Contender, 'name' | 'kind'>, process: ContenderProcess | undefined, task: Omit<import('./child.mjs').Task, 'url'> }} what
 */
async function once({ contender: { name, kind }, process: child, task }) {
  try {
    const place = await openPlace(kind, servers.env);
    try {
      return await child?.measure({ ...task, url: place.url }, place.settle);
    } finally {
      await place.remove();
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    absent.set(name, why.split('\n')[0] ?? '');
    console.error(`${name} is left out of ${task.measure}: ${why}`);
    child?.leave();
    return undefined;
  }
}

async function bulk() {
  const figures = await compare('bulk');
  return [
    ...table('1. no-op enqueued in bulk /s', pick(figures, 'enqueued')),
    ...table('2. no-op drained /s, one process', pick(figures, 'drained')),
  ];
}

async function steps() {
  return table('3. three-step runs /s, one process', pick(await compare('steps'), 'runs'));
}

async function latency() {
  const figures = await compare('latency');
  /** @type {Map<string, number[][]>} */
  const found = new Map();
  for (const [name, answers] of figures) {
    found.set(
      name,
      answers.map(({ ms }) => /** @type {number[]} */ (ms)),
    );
  }
  const per = (/** @type {'p50' | 'p99'} */ which) =>
    new Map([...found].map(([name, lists]) => [name, lists.map((list) => percentiles(list)[which])]));
  return [
    ...table('4. idle enqueue → start, p50 ms', per('p50'), (ms) => ms.toFixed(2)),
    ...table('4. idle enqueue → start, p99 ms', per('p99'), (ms) => ms.toFixed(2)),
  ];
}

/** Two stores of one kind, one empty, one filled through onejob itself; both are drained, turn by turn. */
async function history() {
  /** @type {string[][]} */
  const rows = [];
  for (const { name, kind, system, fast } of present()) {
    if (system !== 'onejob' || !fast || kind === 'sqlite') continue;
    const child = new ContenderProcess(system);
    const places = [await openPlace(kind, servers.env), await openPlace(kind, servers.env)];
    const [empty, full] = places;
    if (empty === undefined || full === undefined) continue;
    try {
      const drained = async (/** @type {typeof empty} */ { url, settle }, /** @type {number} */ size) => {
        const task = { measure: 'history', url, fast, seconds: size > 100_000 ? 1_000 : 60, size };
        return Number((await child.measure(task, settle))['drained']);
      };
      await drained(full, historyRuns);
      await drained(empty, 10_000);
      /** @type {number[][]} */
      const rates = [];
      for (let turn = 0; turn < historyTurns; turn++) {
        rates.push([await drained(empty, 20_000), await drained(full, 20_000)]);
      }
      const label = `5. drained /s, ${round(historyRuns)} finished runs`;
      const ratios = rates.map(([without = 1, with_ = 0]) => with_ / without);
      rows.push([label, `${name}, empty store`, ...spreadOf(rates.map(([without = 0]) => without)), '']);
      rows.push([label, `${name}, with history`, ...spreadOf(rates.map(([, with_ = 0]) => with_)), '']);
      rows.push([label, `${name}, with ÷ empty`, ...spreadOf(ratios, (ratio) => ratio.toFixed(2)), '']);
    } finally {
      child.leave();
      for (const place of places) await place.remove();
    }
  }
  return rows;
}

/** On both servers at once, each with a transaction of its own that stays open. */
async function flood() {
  const label = `6. not begun, 800 runs/s, a transaction open ${heldSeconds} s`;
  const measured = present().filter(({ system, fast, kind }) => system === 'onejob' && fast && kind !== 'sqlite');
  const rows = await Promise.all(
    measured.map(async ({ name, kind, system, fast }) => {
      const child = new ContenderProcess(system);
      const place = await openPlace(kind, servers.env);
      try {
        // The tables have to be there before the transaction looks at them.
        await child.measure({ measure: 'latency', url: place.url, fast, seconds: 0.1, size: 0 }, place.settle);
        const release = await place.hold();
        const task = { measure: 'flood', url: place.url, fast, seconds: heldSeconds, size: 0 };
        const { backlog, asked, begun } = await child.measure(task, place.settle);
        await release();
        const [first, ...later] = thirds(/** @type {number[]} */ (backlog)).map((part) => percentiles(part));
        const p50s = [first, ...later].map((part) => part?.p50 ?? 0).join(' → ');
        const max = percentiles(/** @type {number[]} */ (backlog)).max;
        notes.push(
          `${name}: of ${asked} runs ${begun} had begun at the end; the backlog is of each third, by the second.`,
        );
        return [label, name, p50s, `max ${max}`, ''];
      } finally {
        child.leave();
        await place.remove();
      }
    }),
  );
  return rows;
}

/** @param {number[]} list */
function thirds(list) {
  const third = Math.ceil(list.length / 3);
  return [list.slice(0, third), list.slice(third, 2 * third), list.slice(2 * third)];
}

/** @param {Map<string, Record<string, unknown>[]>} figures @param {string} name @returns {Map<string, number[]>} */
function pick(figures, name) {
  return new Map(
    [...figures].map(([who, answers]) => [
      who,
      answers.map((answer) => Number(answer[name])).filter((number) => !Number.isNaN(number)),
    ]),
  );
}

/**
 * @param {string} cell @param {Map<string, number[]>} numbers @param {(number: number) => string} [show]
 * @returns {string[][]}
 */
function table(cell, numbers, show = round) {
  const ours = median(numbers.get('onejob, PostgreSQL') ?? []);
  const oursByDefault = median(numbers.get('onejob, PostgreSQL, defaults') ?? []);
  return [...numbers]
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => {
      const reference = name.endsWith(', defaults') ? oursByDefault : ours;
      const ratio = reference > 0 ? (reference / median(list)).toFixed(2) : '';
      return [cell, name, ...spreadOf(list, show), ratio];
    });
}

/** @param {number[]} list @param {(number: number) => string} [show] */
function spreadOf(list, show = round) {
  return [show(median(list)), list.length > 1 ? `${show(Math.min(...list))} – ${show(Math.max(...list))}` : ''];
}

/** @param {number[]} numbers */
function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

async function versions() {
  const { dependencies } = JSON.parse(await readFile(new URL('package.json', import.meta.url), 'utf8'));
  const peers = Object.entries(dependencies).map(([name, version]) => `${name} ${version}`);
  const postgres = await serverVersion();
  return `All on one Node (${execFileSync(execPath(), ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim()}), on PostgreSQL ${postgres}, with ${peers.join(', ')}.`;
}

async function serverVersion() {
  const client = new pg.Client({ connectionString: servers.env['TEST_POSTGRES_URL'] });
  await client.connect();
  const { rows } = await client.query('show server_version');
  await client.end();
  return rows[0].server_version;
}
