// How long commands take as whole processes, beside another checkout, turn by turn:
// npm run build && node bench/cold-start-pairs.mjs OTHER [times]
// @ts-check
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { percentiles, report } from './support.mjs';

const own = fileURLToPath(new URL('..', import.meta.url));
const [other, times = '41'] = argv.slice(2);
if (other === undefined) throw new Error('name the other checkout: node bench/cold-start-pairs.mjs OTHER [times]');
const commands = [['--help'], ['list'], ['enqueue', 'hello'], ['runs', 'list'], ['run', 'hello']];

const projects = await Promise.all([other, own].map((root) => createProject(root)));
try {
  const rows = commands.map((command) => {
    for (const project of projects) run(project, command); // the first run creates the store
    /** @type {number[]} */
    const before = [];
    /** @type {number[]} */
    const after = [];
    for (let time = 0; time < Number(times); time++) {
      const turns = time % 2 === 0 ? [0, 1] : [1, 0];
      const found = [0, 0];
      for (const turn of turns) found[turn] = run(/** @type {Project} */ (projects[turn]), command);
      before.push(found[0] ?? 0);
      after.push(found[1] ?? 0);
    }
    const ratios = before.map((ms, i) => ms / (after[i] ?? ms));
    const [old, now, ratio] = [before, after, ratios].map((all) => percentiles(all).p50);
    return [`onejob ${command.join(' ')}`, old?.toFixed(0) ?? '', now?.toFixed(0) ?? '', ratio?.toFixed(2) ?? ''];
  });
  await report({
    name: 'cold-start-pairs',
    title: 'Commands as whole processes, beside another checkout',
    command: `node bench/cold-start-pairs.mjs OTHER ${times}`,
    head: ['command', 'before, median ms', 'after, median ms', 'ratio'],
    rows,
    notes: ['A ratio above 1 is faster; it is the median of the ratios of the pairs.'],
  });
} finally {
  for (const { folder } of projects) await rm(folder, { recursive: true });
}

/** @typedef {{ root: string, folder: string }} Project */

/** @param {string} root @returns {Promise<Project>} */
async function createProject(root) {
  const folder = await mkdtemp(join(tmpdir(), 'onejob-cold-start-'));
  await mkdir(join(folder, 'jobs'));
  await mkdir(join(folder, 'node_modules'));
  await symlink(root, join(folder, 'node_modules', 'onejob'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
  const job = `import { defineJob } from 'onejob';\n\nexport default defineJob({ run: () => 'hello' });\n`;
  await writeFile(join(folder, 'jobs', 'hello.job.js'), job);
  return { root, folder };
}

/**
 * @param {Project} project
 * @param {string[]} command
 * @returns {number} milliseconds
 */
function run({ root, folder }, command) {
  const begun = performance.now();
  const { status, stderr } = spawnSync(execPath, [join(root, 'bin', 'onejob.js'), ...command], { cwd: folder });
  const ms = performance.now() - begun;
  if (status !== 0) throw new Error(`onejob ${command.join(' ')} ended with ${status}: ${stderr}`);
  return ms;
}
