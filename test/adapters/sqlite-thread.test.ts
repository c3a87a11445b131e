import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { createApp, defineJob } from '../../src/index.ts';
import { registration, newRun } from '../../src/testing/store-contract/harness/builders.ts';
import { until } from '../support/until.ts';

let directory = '';
/** The writers' threads of this process, in the order in which they were opened. */
let threads: Worker[] = [];
const remember = (thread: Worker): void => void threads.push(thread);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'onejob-sqlite-'));
  threads = [];
  process.on('worker', remember);
});

afterEach(async () => {
  process.off('worker', remember);
  await rm(directory, { recursive: true });
});

/** An error that nobody catches ends the newest thread; returns once it is gone. */
async function killThread(): Promise<void> {
  const thread = threads.at(-1);
  if (thread === undefined) throw new Error('no thread was opened');
  const gone = new Promise((resolve) => thread.once('exit', resolve));
  thread.postMessage(null);
  await gone;
}

test('a writer whose thread dies is an outage of a moment: the next call opens a new one', async () => {
  const store = await openSqliteStore({ path: join(directory, 'onejob.db') });
  await store.migrate();
  const kept = newRun();
  await store.submit([kept]);
  const killed = killThread();
  await expect(store.submit([newRun()])).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('is gone'),
  });
  await killed;
  const next = newRun();
  expect((await store.submit([next]))[0]?.verdict).toBe('created');
  const found = await store.get([kept.id, next.id]);
  expect(found.map((run) => run?.state)).toEqual(['queued', 'queued']);
  expect(threads).toHaveLength(2);
  await store.close();
});

test('a database that another one replaced while the thread was dead is missed by the next thread', async () => {
  const path = join(directory, 'onejob.db');
  const store = await openSqliteStore({ path });
  await store.migrate();
  await killThread();
  const other = await openSqliteStore({ path: `${path}.other`, inPlace: true });
  await other.migrate();
  await other.close();
  await rename(`${path}.other`, path);
  const refusal = { code: 'STORE_REPLACED', message: expect.stringContaining(path) as string };
  await expect(store.submit([newRun()])).rejects.toMatchObject(refusal);
  await killThread();
  await expect(store.list({ limit: 1 })).rejects.toMatchObject(refusal);
  await store.close();
});

test('the new thread heartbeats for the workers of the old one', async () => {
  const store = await openSqliteStore({ path: join(directory, 'onejob.db') });
  await store.migrate();
  const worker = registration({ heartbeatMs: 20 });
  await store.registerWorker(worker);
  await killThread();
  const heartbeatOf = async (): Promise<number> => (await store.workers())[0]?.heartbeat ?? 0;
  const before = await heartbeatOf();
  await until('the counter rises', async () => (await heartbeatOf()) > before + 2);
  await store.close();
});

test('a store whose thread has died can be closed', async () => {
  const store = await openSqliteStore({ path: join(directory, 'onejob.db') });
  await store.migrate();
  await killThread();
  await store.close();
  await expect(store.workers()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect(threads).toHaveLength(1);
});

test('runs go on through the deaths of the thread, and each step is recorded once', async () => {
  const calls = new Map<string, number>();
  const job = defineJob({
    name: 'ten-steps',
    async run({ step, run }) {
      for (let i = 0; i < 10; i++) {
        await step(['count', i], () => {
          const name = `${run.id} ${i}`;
          calls.set(name, (calls.get(name) ?? 0) + 1);
        });
      }
    },
  });
  const app = createApp({ jobs: [job], store: `sqlite:${join(directory, 'onejob.db')}`, log: { level: 'error' } });
  await app.start();
  const handles = await Promise.all(Array.from({ length: 40 }, () => app.client.enqueue(job, undefined)));
  for (let deaths = 1; deaths <= 3; deaths++) {
    await until('steps go on', () => calls.size > 100 * deaths);
    await killThread();
  }
  await until('all runs have ended', async () => {
    const { items } = await app.client.list({ states: ['succeeded'], limit: 100 });
    return items.length === handles.length;
  });
  expect(calls.size).toBe(400);
  expect([...calls.values()].every((count) => count === 1)).toBe(true);
  await app.stop();
});

test('a call that cannot be sent to the thread is refused alone, and the calls beside it and after it go', async () => {
  const store = await openSqliteStore({ path: join(directory, 'onejob.db') });
  await store.migrate();
  const unsendable = newRun({
    args: [(() => 'no data') as unknown as string],
    input: JSON.stringify('x'.repeat(200_000)),
  });
  const unprintable = newRun({ args: [1n as unknown as string] });
  const answers = await Promise.allSettled(
    [unsendable, newRun(), unprintable, newRun()].map((run) => store.submit([run])),
  );
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
  for (const answer of answers)
    if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'VALUE_REJECTED' });
  expect((await store.submit([newRun()]))[0]?.verdict).toBe('created');
  await store.close();
});
