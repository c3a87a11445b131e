// Its schema comes with its command line, which is a package of Python; without that it is left out. There is no bulk
// spawn: 20 at once, as many as its pool of connections carries.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Absurd } from 'absurd-sdk';
import pg from 'pg';

const version = '0.5.1';
const atOnce = 20;

/**
 * @param {{ url: string, fast: boolean }} options
 * @returns {import('../contenders.mjs').System}
 */
export async function open({ url, fast }) {
  const pool = new pg.Pool({ connectionString: url, max: atOnce });
  await pool.query(schema());
  let onBegin = () => {};
  const absurd = new Absurd({ db: pool, queueName: 'bench', log: silent });
  await absurd.createQueue('bench');
  absurd.registerTask({ name: 'noop' }, async () => onBegin());
  absurd.registerTask({ name: 'three-steps' }, async (_params, context) => {
    await context.step('a', async () => 1);
    await context.step('b', async () => 2);
    await context.step('c', async () => 3);
    onBegin();
  });
  const spawnAll = async (name, from, size) => {
    let next = from;
    const chain = async () => {
      while (next < from + size) await absurd.spawn(name, { n: next++ });
    };
    await Promise.all(Array.from({ length: atOnce }, chain));
  };
  return {
    batch: 1_000,
    enqueue: (from, size) => spawnAll('noop', from, size),
    enqueueThree: (from, size) => spawnAll('three-steps', from, size),
    work: async (begun) => {
      onBegin = begun;
      const options = fast ? { concurrency: 100, batchSize: 100, pollInterval: 0.02 } : {};
      const worker = await absurd.startWorker({ ...options, onError: (error) => console.error(String(error)) });
      return () => worker.close();
    },
    enqueueOne: async () => {
      await absurd.spawn('noop', { n: 0 });
    },
    close: () => pool.end(),
  };
}

const silent = { log() {}, info() {}, warn() {}, error: console.error };

function schema() {
  const folder = fileURLToPath(new URL('../node_modules/.absurdctl', import.meta.url));
  if (!existsSync(folder)) {
    const wanted = `absurdctl==${version}`;
    execFileSync('python3', ['-m', 'pip', 'install', '--quiet', '--target', folder, wanted], { stdio: 'pipe' });
  }
  const print = 'import sys, absurdctl; sys.stdout.write(absurdctl.BUNDLED_SCHEMA_SQL)';
  return execFileSync('python3', ['-c', print], {
    env: { ...process.env, PYTHONPATH: folder },
    encoding: 'utf8',
    maxBuffer: 16 * 2 ** 20,
  });
}
