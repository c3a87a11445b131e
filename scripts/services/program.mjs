// Finds the program of a server on this machine, or installs it.
// @ts-check
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import process from 'node:process';

/**
 * @param {import('../services.mjs').Service} service
 * @returns {Promise<string>} the folder that holds the program
 * @throws {Error} one sentence, when it is not here and cannot be installed
 */
export async function findOrInstall({ program, folders, packages, variable }) {
  const here = await findFolder(program, await folders());
  if (here !== undefined) return here;
  if (!(await canInstall())) {
    throw new Error(
      `${program} is not here: install ${packages.join(' and ')}, or set ${variable} to a running server`,
    );
  }
  await install(packages);
  const installed = await findFolder(program, await folders());
  if (installed === undefined)
    throw new Error(`apt-get installed ${packages.join(' and ')}, but no ${program} came with it`);
  return installed;
}

/**
 * Folders below `parent` that hold a version each, newest first: `/usr/lib/postgresql/17/bin`, …
 *
 * @param {string} parent
 * @param {string} child
 */
export async function versionedFolders(parent, child) {
  const versions = await readdir(parent).catch(() => []);
  return versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => join(parent, version, child));
}

/**
 * @param {string} program
 * @param {string[]} folders
 */
async function findFolder(program, folders) {
  for (const folder of [...folders, ...(process.env['PATH'] ?? '').split(delimiter)]) {
    const found = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return folder;
  }
  return undefined;
}

/** As root on Debian and its children. */
async function canInstall() {
  return process.getuid?.() === 0 && (await findFolder('apt-get', [])) !== undefined;
}

let updated = false;

/** @param {string[]} packages */
async function install(packages) {
  console.error(`installing ${packages.join(' and ')} with apt-get`);
  if (!updated) await aptGet(['update', '-q']);
  updated = true;
  await aptGet(['install', '-q', '-y', '--no-install-recommends', ...packages]);
}

/** @param {string[]} args */
async function aptGet(args) {
  // Another apt-get may hold the lock: wait for it, as a person would.
  const child = spawn('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  child.stderr.on('data', (chunk) => (said += chunk));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`apt-get ${args[0]} failed: ${said.trim().split('\n').slice(-3).join(' ')}`);
}
