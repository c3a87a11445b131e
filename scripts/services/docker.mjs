// Servers from compose.yaml, where an engine of Docker runs.
// @ts-check
import { basename, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { runProgram, startServer } from './server.mjs';

const composeFile = fileURLToPath(new URL('../../compose.yaml', import.meta.url));

/** Is there an engine that we may use, and its compose? */
export async function dockerRuns() {
  const engine = await runProgram('docker', ['info']).catch(() => undefined);
  if (engine?.code !== 0) return false;
  const compose = await runProgram('docker', ['compose', 'version']).catch(() => undefined);
  return compose?.code === 0;
}

/**
 * Starts one service of compose.yaml, in a project of its own and on a port that Docker chooses.
 *
 * @param {import('./service.mjs').Service} service
 * @param {string} dir takes the log; its name makes the project's
 * @returns {Promise<import('./service.mjs').Started>}
 */
export async function startContainer({ name, variable, container }, dir) {
  if (container === undefined) throw new Error(`compose.yaml has no ${name}`);
  const project = ['compose', '-f', composeFile, '-p', basename(dir).toLowerCase()];
  /** @type {number | undefined} */
  let port;
  const server = await startServer({
    file: 'docker',
    args: [...project, 'up', '--no-color', name],
    log: join(dir, 'log'),
    // Empty: any free port of the host instead of the one that compose.yaml names.
    as: { env: { ...process.env, [`${name.toUpperCase()}_PORT`]: '' } },
    endsBy: 'SIGINT',
    // An image may have to be fetched first.
    patienceMs: 300_000,
    async isReady() {
      const { code, said } = await runProgram('docker', [...project, 'ps', '--format', '{{.Health}}', name]);
      if (code !== 0 || said.trim() !== 'healthy') return false;
      const shown = await runProgram('docker', [...project, 'port', name, String(container.port)]);
      port = Number(/:(\d+)\s*$/.exec(shown.said)?.[1]);
      return Number.isInteger(port);
    },
  });
  if (port === undefined) throw new Error(`docker names no port of ${name}; set ${variable} to a running server`);
  const stop = async () => {
    await server.stop();
    await runProgram('docker', [...project, 'down', '--volumes']);
  };
  return { url: container.url(port), server: { pid: server.pid, restart: server.restart, stop } };
}
