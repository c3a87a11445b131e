// The durability tests with their full numbers: `npm run torture [-- SEED]`, some twenty minutes.
//
// Real workers are killed, stopped, cut off and told wrong times on SQLite, PostgreSQL and MariaDB, and servers are
// restarted, stopped and cut off while thousands of runs are going on. The same seed kills at the same instants, as far
// as a machine allows. Then the calls of 300 simulated histories are made on PostgreSQL and MariaDB. The last result
// stands in bench/results/torture.md.
// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import process, { argv, env, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { report, round } from '../bench/support.mjs';

/**
 * What vitest's reporter `json` says of a test.
 *
 * @typedef {{ ancestorTitles: string[], title: string, status: string, duration?: number }} Ended
 */

const root = fileURLToPath(new URL('..', import.meta.url));
const seed = readSeed(argv[2]);
const folder = await mkdtemp(join(tmpdir(), 'onejob-torture-'));
try {
  const file = join(folder, 'results.json');
  const code = await runTests(file);
  await writeReport(JSON.parse(await readFile(file, 'utf8')).testResults);
  process.exitCode = code;
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** @param {string | undefined} text */
function readSeed(text) {
  const number = text === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new Error(`the seed is a whole number, not ${text}`);
}

/** @param {string} file where the results go */
async function runTests(file) {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const files = [
    'test/e2e/durability-',
    'test/e2e/engine-',
    'test/adapters/postgres-histories',
    'test/adapters/mysql-histories',
  ];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const tests = spawn(execPath, [vitest, 'run', '--project', 'e2e', '--project', 'adapters', ...files, ...reporters], {
    cwd: root,
    env: { ...env, TORTURE: '1', TORTURE_SEED: String(seed) },
    stdio: 'inherit',
  });
  const [code] = await once(tests, 'exit');
  return code ?? 1;
}

/** @param {{ name: string, assertionResults: Ended[] }[]} files */
async function writeReport(files) {
  const ended = files.flatMap(({ assertionResults }) => assertionResults);
  const failed = ended.filter(({ status }) => status === 'failed').length;
  await report({
    name: 'torture',
    title: 'Durability, with the full numbers',
    command: `npm run torture -- ${seed}`,
    head: ['what', 'test', 'result', 'seconds'],
    rows: [...bySeed(ended)].map(([name, tests]) => rowOf(name, tests)),
    notes: [
      `Seed ${seed}; ${ended.length} tests, ${failed} failed. Load of the machine at the end: ${loadavg().map(round).join(', ')}.`,
    ],
  });
}

/** The same test with many seeds is one row. @param {readonly Ended[]} tests */
function bySeed(tests) {
  /** @type {Map<string, Ended[]>} */
  const rows = new Map();
  for (const test of tests) {
    const name = [test.ancestorTitles.join(' '), test.title.replace(/: seed \d+$/, '')].join('\n');
    rows.set(name, [...(rows.get(name) ?? []), test]);
  }
  return rows;
}

/** @param {string} name @param {readonly Ended[]} tests */
function rowOf(name, tests) {
  const passed = tests.filter(({ status }) => status === 'passed').length;
  const seconds = tests.reduce((sum, { duration = 0 }) => sum + duration / 1_000, 0);
  const all = tests.map(({ status }) => status).join();
  return [...name.split('\n'), tests.length === 1 ? all : `${passed} of ${tests.length} passed`, round(seconds)];
}
