// What a server for tests is, and how one is started: found, installed, or put into a container.
// @ts-check
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { dockerRuns, startContainer } from './docker.mjs';
import { findOrInstall } from './program.mjs';
import { freePort, runProgram } from './server.mjs';

/**
 * How a server is found and started; one file each in this folder.
 *
 * @typedef {object} Service
 * @property {string} name as on the command line and in compose.yaml
 * @property {string} variable names the URL of a server that somebody else runs, and hands ours to the tests
 * @property {string} program
 * @property {() => Promise<string[]>} folders where to look for it before PATH
 * @property {string[]} packages of Debian that bring it
 * @property {string} [user] who it runs as when we are root
 * @property {string} [behind] name of a server that it talks to
 * @property {{ port: number, url: (port: number) => string }} [container] its port inside, its URL by the port outside
 * @property {(place: Place) => Promise<Started>} start
 *
 * @typedef {object} Place
 * @property {string} bin folder of the program
 * @property {string} dir a folder that belongs to the user it runs as
 * @property {number} port
 * @property {{ uid?: number, gid?: number, cwd: string }} as
 * @property {string} [behind] the URL of the server that it talks to
 * @property {string[]} args more of them for the program
 *
 * @typedef {object} Started
 * @property {string} url
 * @property {import('./server.mjs').Server} server
 */

/**
 * @param {Service} service
 * @param {string} [behind] URL of the server that it talks to
 * @param {string[]} [args] more of them for the program; in a container there are none
 * @returns {Promise<Started>} `server.stop` also removes its data
 * @throws {Error} one sentence that says why there is none, and what to do
 */
export async function startService(service, behind, args = []) {
  const bin = await findOrInstall(service);
  if (bin === undefined && !(service.container && (await dockerRuns()))) {
    const { program, packages, variable } = service;
    const way = service.container ? 'run Docker, ' : '';
    throw new Error(
      `${program} is not here: install ${packages.join(' and ')}, ${way}or set ${variable} to a running server`,
    );
  }
  const owner = bin === undefined ? {} : await ownerOf(service);
  for (let tries = 1; ; tries += 1) {
    const dir = await mkdtemp(join(tmpdir(), `onejob-${service.name}-`));
    const remove = () => rm(dir, { recursive: true, force: true, maxRetries: 5 });
    try {
      if (owner.uid !== undefined && owner.gid !== undefined) await chown(dir, owner.uid, owner.gid);
      const { url, server } =
        bin === undefined
          ? await startContainer(service, dir)
          : await service.start({
              bin,
              dir,
              port: await freePort(),
              as: { ...owner, cwd: dir },
              args,
              ...(behind && { behind }),
            });
      const stop = () => server.stop().finally(remove);
      return {
        url,
        server: {
          get pid() {
            return server.pid;
          },
          stop,
          restart: () => server.restart(),
        },
      };
    } catch (error) {
      await remove();
      // Most likely somebody took the port between our look and the start.
      if (tries === 3) throw error;
    }
  }
}

/**
 * @param {Service} service
 * @returns {Promise<{ uid?: number, gid?: number }>}
 */
async function ownerOf({ user }) {
  if (user === undefined || process.getuid?.() !== 0) return {};
  const [uid, gid] = await Promise.all([runProgram('id', ['-u', user]), runProgram('id', ['-g', user])]);
  if (uid.code !== 0) throw new Error(`there is no user ${user} to run it as, and it refuses root`);
  return { uid: Number(uid.said), gid: Number(gid.said) };
}
