// Builds src into dist, and dist into dist/bundle: `node scripts/build.mjs`, and before any test.
//
// tsc writes into a folder of its own and only files that differ are moved into dist, each by a rename. So a
// process that runs out of dist while somebody builds never reads half a file, and a build that changes nothing
// touches nothing.
// @ts-check
import { spawn } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { argv, env, execPath, exit, pid } from 'node:process';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');

/** Folders inside dist that other builders fill. */
const foreign = ['page'];

/**
 * Compiles, copies what is not TypeScript, bundles, and removes from dist what has no source any more.
 *
 * With ONEJOB_BUILD_ANYWAY=1 type errors are printed and do not stop the build: for trees where somebody else is
 * in the middle of an edit.
 *
 * @throws {Error} when tsc finds an error; its text is what tsc said.
 */
export async function build() {
  const fresh = join(root, '.build', String(pid));
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  try {
    await compile(fresh);
    await copyOtherSources(fresh);
    await bundle({ root, from: fresh, to: join(fresh, 'bundle') });
    await mkdir(dist, { recursive: true });
    const files = await listFiles(fresh);
    for (const file of files) await replaceIfChanged(join(fresh, file), join(dist, file));
    await removeStale(new Set(files));
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** @param {string} outDir */
async function compile(outDir) {
  const anyway = env['ONEJOB_BUILD_ANYWAY'] === '1';
  const args = [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', outDir, '--pretty', 'false'];
  if (anyway) args.push('--noEmitOnError', 'false');
  const child = spawn(execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  child.stderr.on('data', (chunk) => (said += chunk));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code === 0) return;
  if (!anyway) throw new Error(`tsc found errors in src:\n${said.trim()}`);
  console.error(`tsc found errors in src, built anyway:\n${said.trim()}`);
}

/** @param {string} outDir */
async function copyOtherSources(outDir) {
  const src = join(root, 'src');
  for (const file of await listFiles(src)) {
    if (!file.endsWith('.ts')) await cp(join(src, file), join(outDir, file), { recursive: true });
  }
}

/**
 * @param {string} from
 * @param {string} to
 */
async function replaceIfChanged(from, to) {
  const [next, current] = await Promise.all([readFile(from), readFile(to).catch(() => undefined)]);
  if (current?.equals(next)) return;
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
}

/** @param {Set<string>} wanted */
async function removeStale(wanted) {
  for (const file of await listFiles(dist)) {
    if (wanted.has(file) || foreign.some((folder) => file.startsWith(`${folder}/`))) continue;
    await rm(join(dist, file), { force: true });
  }
}

/**
 * Paths below a folder, relative to it, with forward slashes.
 *
 * @param {string} folder
 */
async function listFiles(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) =>
    join(entry.parentPath, entry.name)
      .slice(folder.length + 1)
      .replaceAll('\\', '/'),
  );
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await build();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    exit(1);
  }
}
