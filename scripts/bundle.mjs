// Bundles the compiled files of dist into a few: what `onejob run` needs is then read from ten files and not from 150,
// which takes less than half the time. dist itself stays, for the tests and for the types.
// @ts-check
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { rolldown } from 'rolldown';

/**
 * Writes into the folder `to`: the doors of package.json, `launch.js` for bin/onejob.js, and the chunks that they
 * share, so that the command line and the `import 'onejob'` of a job file have one copy of every module. All in one
 * folder without folders in it, because a thread is opened by a URL relative to the file that opens it. A thread shares
 * nothing with the others, so each is a single file.
 *
 * @param {{ root: string, from: string, to: string }} folders `from`: what tsc compiled
 */
export async function bundle({ root, from, to }) {
  const doors = { ...(await readDoors(root, from)), launch: join(from, 'cli', 'launch.js') };
  await write(from, doors, { dir: to, codeSplitting: { groups: chunks(from) } });
  for (const [name, file] of Object.entries(await findThreads(from))) {
    if (name in doors) throw new Error(`a door and a thread are both called ${name}`);
    await write(from, { [name]: file }, { dir: to, codeSplitting: false });
  }
}

/**
 * What is loaded together lies together, each with all that it imports: first what every command needs, then what a
 * run needs besides. A file more costs more time than 50 kB in one (tried). What remains is split by itself.
 *
 * @param {string} from
 */
function chunks(from) {
  const file = (/** @type {string} */ id) => relative(from, id).replaceAll('\\', '/');
  const runs =
    /^(?:std|job|ports|intake|app|engine|plugins|program)\/|^adapters\/(?:sqlite|sql)\/|^cli\/(?:commands\/run|store-settings)\.js$/;
  return [
    { name: 'command-line', priority: 2, test: (/** @type {string} */ id) => file(id) === 'cli/main.js' },
    { name: 'app', priority: 1, test: (/** @type {string} */ id) => runs.test(file(id)) },
  ];
}

/**
 * @param {string} from
 * @param {Record<string, string>} input
 * @param {import('rolldown').OutputOptions} output
 */
async function write(from, input, output) {
  const build = await rolldown({
    cwd: from, // comments name each file relative to it
    input,
    platform: 'node',
    external: (id) => !/^[./]|^[A-Za-z]:[\\/]/.test(id),
    // An import stays lazy for who uses the file alone, whatever else loads it at once.
    checks: { ineffectiveDynamicImport: false },
    onLog(level, { message }) {
      if (level === 'warn') throw new Error(`rolldown warns: ${message}`);
    },
  });
  try {
    // Names without hashes: they stand in the stacks that people report.
    await build.write({ ...output, format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name].js' });
  } finally {
    await build.close();
  }
}

/**
 * Of package.json: `{ "types": "./dist/cli/main.d.ts", "default": "./dist/bundle/cli.js" }` is the door `cli`.
 *
 * @param {string} root
 * @param {string} from
 */
async function readDoors(root, from) {
  const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  /** @type {Record<string, string>} */
  const doors = {};
  for (const target of Object.values(exports)) {
    const [, name] = /^\.\/dist\/bundle\/(.+)\.js$/.exec(target.default ?? '') ?? [];
    const [, file] = /^\.\/dist\/(.+)\.d\.ts$/.exec(target.types ?? '') ?? [];
    if (name && file) doors[name] = join(from, `${file}.js`);
  }
  return doors;
}

/**
 * The files that some file names in `new URL('./thread.js', import.meta.url)`.
 *
 * @param {string} from
 */
async function findThreads(from) {
  /** @type {Record<string, string>} */
  const threads = {};
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile() || !entry.name.endsWith('.js')) continue;
    const opener = join(entry.parentPath, entry.name);
    for (const [, name = ''] of (await readFile(opener, 'utf8')).matchAll(threadUrl)) {
      const file = join(dirname(opener), `${name}.js`);
      if ((threads[name] ?? file) !== file) throw new Error(`two threads are called ${name}`);
      threads[name] = file;
    }
  }
  return threads;
}

const threadUrl = /\bnew URL\('\.\/([\w-]+)\.js', import\.meta\.url\)/g;
