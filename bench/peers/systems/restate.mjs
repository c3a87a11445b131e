// A server of its own, from npm, in a folder of its own; the handlers answer it over HTTP/2, callers go through its
// ingress. It starts what it is given at once, so enqueueing and draining cannot be told apart.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as restate from '@restatedev/restate-sdk';
import { connect } from '@restatedev/restate-sdk-clients';

const entry = fileURLToPath(new URL('../node_modules/@restatedev/restate-server/lib/index.js', import.meta.url));

/** @returns {Promise<import('../contenders.mjs').System>} */
export async function open() {
  let onBegin = () => {};
  const bench = restate.service({
    name: 'bench',
    handlers: {
      noop: async () => onBegin(),
      three: async (context) => {
        await context.run('a', () => 1);
        await context.run('b', () => 2);
        await context.run('c', () => 3);
      },
    },
  });
  const folder = await mkdtemp(join(tmpdir(), 'onejob-bench-restate-'));
  const [ingress, admin, node, service] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const server = spawn(process.execPath, [entry], {
    cwd: folder,
    stdio: 'ignore',
    detached: true,
    env: {
      ...process.env,
      DO_NOT_TRACK: '1',
      RESTATE_BASE_DIR: folder,
      RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
      RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${node}`,
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
      RESTATE_LOG_FILTER: 'error',
    },
  });
  const close = async () => {
    process.kill(-(server.pid ?? 0), 'SIGKILL');
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const silent = () => {};
    await restate.serve({ services: [bench], port: service, logger: silent });
    await until(() => fetch(`http://127.0.0.1:${admin}/health`));
    await until(() =>
      fetch(`http://127.0.0.1:${admin}/deployments`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ uri: `http://127.0.0.1:${service}` }),
      }),
    );
    const client = connect({ url: `http://127.0.0.1:${ingress}` });
    await until(async () => ({ ok: (await client.serviceClient(bench).noop(), true) }));
    return {
      batch: 100,
      runThree: () => client.serviceClient(bench).three(),
      work: async (begun) => {
        onBegin = begun;
        return async () => {};
      },
      enqueueOne: async () => {
        await client.serviceSendClient(bench).noop();
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function until(attempt) {
  let last;
  for (let tries = 0; tries < 150; tries++) {
    try {
      last = await attempt();
      if (last.ok) return;
    } catch (error) {
      last = error;
    }
    await sleep(200);
  }
  throw new Error(`Restate did not come up: ${last}`);
}

async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
