// Finds the program of a server on this machine, or installs it.
// @ts-check
import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { runProgram } from './server.mjs';

const lockFile = join(tmpdir(), 'onejob-apt-get.lock');

/**
 * @param {Pick<import('./service.mjs').Service, 'program' | 'folders' | 'packages'>} service
 * @returns {Promise<string | undefined>} the folder that holds the program; undefined when it is not here and cannot be
 *   installed
 * @throws {Error} one sentence, when the installation failed
 */
export async function findOrInstall({ program, folders, packages }) {
  const here = await findFolder(program, await folders());
  if (here !== undefined) return here;
  if (!(await canInstall())) return undefined;
  await inTurn(() => install(packages));
  const installed = await findFolder(program, await folders());
  if (installed === undefined) throw new Error(`${packages.join(' and ')} brought no ${program}`);
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

/** Servers are started at once, packages are installed one after the other. @type {Promise<unknown>} */
let installing = Promise.resolve();

/** @param {() => Promise<void>} work */
function inTurn(work) {
  const done = installing.then(work);
  installing = done.catch(() => {});
  return done;
}

let updated = false;

/** @param {string[]} packages */
async function install(packages) {
  console.error(`installing ${packages.join(' and ')} with apt-get`);
  if (!updated) await aptGet(['update', '-q']);
  updated = true;
  await aptGet(['install', '-q', '-y', '--no-install-recommends', ...packages]);
}

/**
 * A package of a server would start it, on its usual port: Debian asks this file first, and one that is there stays.
 * Its arguments are those of apt-get.
 */
const withoutStarts = `
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT
  trap 'exit 1' INT TERM HUP
  printf '#!/bin/sh\\n# onejob installs servers for its tests; safe to delete\\nexit 101\\n' > $policy
  chmod 755 $policy
fi
apt-get "$@"
`;

/**
 * Waits for its turn: among us by a lock of our own, which ends with its holder, for any other apt-get by asking again.
 *
 * @param {string[]} args
 */
async function aptGet(args) {
  const command = ['sh', '-c', withoutStarts, 'sh', '-o', 'DPkg::Lock::Timeout=300', ...args];
  const deadline = Date.now() + 300_000;
  for (;;) {
    const { code, said } = await runProgram('flock', [lockFile, ...command], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (code === 0) return;
    // apt waits for the lock of dpkg, but not for those of its lists and archives.
    if (!/could not get lock|unable to lock/i.test(said) || Date.now() > deadline) {
      throw new Error(`apt-get ${args[0]} failed: ${said.trim().split('\n').slice(-3).join(' ')}`);
    }
    await sleep(1000);
  }
}
