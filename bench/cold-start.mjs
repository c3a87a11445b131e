// How long a command takes from its start to its end, as a whole process, beside `node -e 0` in the same minute:
// npm run build && node bench/cold-start.mjs [times]
// @ts-check
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { percentiles, report } from './support.mjs';

const times = Number(argv[2] ?? 21);
const root = fileURLToPath(new URL('..', import.meta.url));
const onejob = join(root, 'bin', 'onejob.js');

/** @type {{ shown: string, args: string[], goal?: number }[]} */
const commands = [
  { shown: 'node -e 0', args: ['-e', '0'] },
  { shown: 'onejob --help', args: [onejob, '--help'], goal: 1.7 },
  { shown: 'onejob list', args: [onejob, 'list'] },
  { shown: 'onejob enqueue hello', args: [onejob, 'enqueue', 'hello'] },
  { shown: 'onejob runs list', args: [onejob, 'runs', 'list'] },
  { shown: 'onejob run hello', args: [onejob, 'run', 'hello'], goal: 2.5 },
];

const project = await createProject();
try {
  for (const { args } of commands) run(args); // the first run creates the store
  /** @type {number[][]} */
  const durations = commands.map(() => []);
  // Turn by turn, so that whatever else the machine does meets all alike.
  for (let time = 0; time < times; time++) {
    for (const [i, { args }] of commands.entries()) durations[i]?.push(run(args));
  }
  await print(durations);
} finally {
  await rm(project, { recursive: true });
}

/** A job in JavaScript that imports onejob as installed, and a store in SQLite. */
async function createProject() {
  const folder = await mkdtemp(join(tmpdir(), 'onejob-cold-start-'));
  await mkdir(join(folder, 'jobs'));
  await mkdir(join(folder, 'node_modules'));
  await symlink(root, join(folder, 'node_modules', 'onejob'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
  const job = `import { defineJob } from 'onejob';\n\nexport default defineJob({ run: () => 'hello' });\n`;
  await writeFile(join(folder, 'jobs', 'hello.job.js'), job);
  return folder;
}

/**
 * @param {string[]} args
 * @returns {number} milliseconds
 */
function run(args) {
  const begun = performance.now();
  const { status, stderr } = spawnSync(execPath, args, { cwd: project });
  const ms = performance.now() - begun;
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${stderr}`);
  return ms;
}

/** @param {number[][]} durations */
async function print(durations) {
  const node = percentiles(durations[0] ?? []).p50;
  const rows = commands.map(({ shown, goal }, i) => {
    const sorted = (durations[i] ?? []).toSorted((a, b) => a - b);
    const at = (/** @type {number} */ share) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
    const ratio = percentiles(sorted).p50 / node;
    const spread = `${at(0.25).toFixed(0)}–${at(0.75).toFixed(0)}`;
    return [`\`${shown}\``, at(0.5).toFixed(0), spread, ratio.toFixed(2), goal === undefined ? '' : `≤ ${goal}`];
  });
  const head = ['command', 'median ms', 'middle half', '× `node -e 0`', 'goal'];
  for (const row of [head, ...rows]) console.log(row.map((cell) => cell.replaceAll('`', '').padEnd(22)).join(''));
  await report({
    name: 'cold-start',
    title: 'Cold start',
    command: `node bench/cold-start.mjs ${times}`,
    head,
    rows,
    notes: [
      `Whole processes, ${times} of each, turn by turn; a job in JavaScript that imports onejob, and a store in SQLite.`,
    ],
  });
}
