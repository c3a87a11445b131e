import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { expect, test } from 'vitest';

const services = fileURLToPath(new URL('../../scripts/services.mjs', import.meta.url));
const env = { ...process.env, TEST_POSTGRES_URL: undefined };
const { given } = JSON.parse(process.env['TEST_SERVERS'] ?? '{"given":true}') as { given: boolean };

// Where somebody hands us a server, there may be no program here to start one of our own.
test.skipIf(given)('a PostgreSQL for tests keeps fsync on and ends when its owner is killed', async () => {
  const script = 'console.log(process.env.TEST_POSTGRES_URL); process.stdin.resume().on("end", () => process.exit());';
  const owner = spawn(process.execPath, [services, 'run', '--', process.execPath, '-e', script], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(owner, 'exit');
  const [url] = (await once(createInterface(owner.stdout), 'line')) as [string];
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query('show fsync');
  expect(rows).toEqual([{ fsync: 'on' }]);
  await client.end();

  owner.kill('SIGKILL');
  await ended;
  while (await answers(new URL(url))) await sleep(20);
});

test.skipIf(given)('services run hands on the exit code of its command', async () => {
  const owner = spawn(process.execPath, [services, 'run', '--', 'sh', '-c', 'exit 7'], { env, stdio: 'ignore' });
  expect(await once(owner, 'exit')).toEqual([7, null]);
});

async function answers({ hostname, port }: URL): Promise<boolean> {
  const socket = connect({ host: hostname, port: Number(port) });
  return await new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).then((answered) => {
    socket.destroy();
    return answered === true;
  });
}
