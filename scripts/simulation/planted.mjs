// Plants a fault into a bundle of the simulation, and looks for seeds that find it.
// @ts-check
import { readFile, writeFile } from 'node:fs/promises';
import { stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { report } from '../../bench/support.mjs';
import { bundleSimulation } from './bundle.mjs';
import { plantedFaults } from './planted-faults.mjs';

const seedsFile = new URL('../../test/simulation/planted-seeds.json', import.meta.url);
const maxSeeds = 2_000;

/** The seed that found each, by its name. @returns {Promise<Record<string, number>>} */
export async function readSeeds() {
  return JSON.parse(await readFile(seedsFile, 'utf8'));
}

/**
 * The simulation with that fault in it. @throws where its text does not stand in its file exactly once
 *
 * @param {import('./planted-faults.mjs').Planted} planted
 */
export async function plant({ name, file, from, to }) {
  let times = 0;
  const slug = name.replaceAll(/\W+/g, '-');
  const target = new URL(`../../.build/simulation/planted/${slug}.mjs`, import.meta.url);
  const simulation = await bundleSimulation(fileURLToPath(target), (path, text) => {
    if (path !== file) return text;
    times += text.split(from).length - 1;
    return text.replace(from, () => to);
  });
  if (times !== 1) throw new Error(`'${name}' cannot be planted: its text stands ${times} times in dist/${file}`);
  return simulation;
}

/**
 * What a seed finds in it; undefined: nothing that would not be found without it.
 *
 * @param {import('./bundle.mjs').Simulation} simulation
 * @param {number} seed
 */
export async function faultOf({ simulate, drawPlan }, seed) {
  return (await simulate(drawPlan(seed))).faults[0];
}

/** Looks for each, first with the seed that found it before, keeps the seeds, and writes bench/results/planted-faults.md. */
export async function searchPlanted() {
  const before = await readSeeds();
  const sound = await bundleSimulation(fileURLToPath(new URL('../../.build/simulation/main.mjs', import.meta.url)));
  /** @type {Record<string, number>} */
  const seeds = {};
  const rows = [];
  for (const planted of plantedFaults) {
    const simulation = await plant(planted);
    const begunAt = performance.now();
    let found = 'not found';
    for (const seed of candidates(before[planted.name])) {
      const fault = await faultOf(simulation, seed);
      if (fault === undefined || (await faultOf(sound, seed)) !== undefined) continue;
      seeds[planted.name] = seed;
      found = fault;
      break;
    }
    await writeFile(seedsFile, `${JSON.stringify({ ...before, ...seeds }, null, 2)}\n`);
    const seconds = ((performance.now() - begunAt) / 1_000).toFixed(1);
    stdout.write(`${planted.name}: ${seeds[planted.name] ?? '-'} (${seconds} s) ${found}\n`);
    rows.push([planted.name, planted.file, `${seeds[planted.name] ?? '-'}`, found.replaceAll('|', '\\|')]);
  }
  await writeFile(seedsFile, `${JSON.stringify(seeds, null, 2)}\n`);
  await report({
    name: 'planted-faults',
    title: 'Planted faults, and the seed that finds each',
    command: 'npm run simulate -- --planted',
    head: ['planted', 'in', 'seed', 'found as'],
    rows,
    notes: [`Of ${rows.length} faults ${Object.keys(seeds).length} were found within ${maxSeeds} seeds each.`],
  });
}

/** @param {number | undefined} known */
function* candidates(known) {
  if (known !== undefined) yield known;
  for (let seed = 1; seed <= maxSeeds; seed++) yield seed;
}
