// Two builds of onejob beside each other, turn by turn: what a change costs or gives, as ratios of one run.
//
//   npm run build && node bench/pairs.mjs OTHER [sqlite] [postgres://…] [mysql://…]
//
// OTHER is another checkout, built. Each figure comes from a process and a store of its own; the two take turns, and the
// one that begins changes with each round. BENCH_ROUNDS (5) and BENCH_SECONDS (3) may be set; CELLS=a,b names some cells.
// @ts-check
import { execFile, execFileSync } from 'node:child_process';
import process, { argv, env, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cells } from './pair-cells.mjs';
import { openPlace } from './pair-places.mjs';
import { report, round } from './support.mjs';

const own = fileURLToPath(new URL('..', import.meta.url));
const [other, ...servers] = argv.slice(2);
if (other === undefined) throw new Error('name the other checkout: node bench/pairs.mjs OTHER [sqlite] [URL…]');
const rounds = Number(env['BENCH_ROUNDS'] ?? 5);
const wanted = env['CELLS']?.split(',') ?? Object.keys(cells);

/** @type {string[][]} */
const rows = [];
/** @type {number[]} */
const all = [];
for (const server of servers.length > 0 ? servers : ['sqlite']) {
  for (const name of wanted) {
    const cell = cells[name];
    if (cell === undefined) throw new Error(`no cell ${name}; there are ${Object.keys(cells).join(', ')}`);
    const before = [];
    const after = [];
    const ratios = [];
    for (let n = 0; n < rounds; n++) {
      const turns = n % 2 === 0 ? [other, own] : [own, other];
      const found = new Map();
      for (const root of turns) found.set(root, await measure(root, server, name));
      before.push(found.get(other));
      after.push(found.get(own));
      ratios.push(cell.isTime ? found.get(other) / found.get(own) : found.get(own) / found.get(other));
    }
    const ratio = median(ratios);
    all.push(ratio);
    const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
    const row = [
      placeName(server),
      cell.title,
      cell.unit,
      round(median(before)),
      round(median(after)),
      ratio.toFixed(2),
      spread,
    ];
    rows.push(row);
    console.log(row.join('   '));
  }
}
console.log(`median over all cells: ${median(all).toFixed(2)}, lowest ${Math.min(...all).toFixed(2)}`);
await report({
  name: env['BENCH_NAME'] ?? 'pairs',
  title: `${commitOf(own)} beside ${commitOf(other)}`,
  command: `node bench/pairs.mjs OTHER ${servers.map(placeName).join(' ')}`.trimEnd(),
  head: ['store', 'cell', 'unit', 'before', 'after', 'ratio', 'of rounds'],
  rows,
  notes: [
    `${rounds} rounds, medians; a ratio above 1 is faster. Median of the ratios over all cells: ${median(all).toFixed(2)}, the lowest ${Math.min(...all).toFixed(2)}.`,
  ],
});

/** @param {string} root @param {string} server @param {string} cell @returns {Promise<number>} */
async function measure(root, server, cell) {
  const place = await openPlace(server);
  try {
    const entry = fileURLToPath(new URL('pair-cells.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(execPath, [entry, cell, root, place.url], { env: process.env });
    const figure = Number(stdout.trim().split('\n').at(-1));
    if (!Number.isFinite(figure)) throw new Error(`${cell} on ${placeName(server)}: ${stdout}`);
    return figure;
  } finally {
    await place.remove();
  }
}

/** @param {string} server */
function placeName(server) {
  return server.split(':')[0] ?? server;
}

/** @param {string} root */
function commitOf(root) {
  return execFileSync('git', ['-C', root, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
}

/** @param {readonly number[]} numbers */
function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = low] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return (low + high) / 2;
}
