import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { openFolder } from '../support/folder.ts';
import { runNode } from '../support/node-process.ts';

let directory = '';
let path = '';

beforeEach(async () => {
  directory = await openFolder();
  path = join(directory, 'state', 'onejob.db');
});

/** A program's beginning: `store` is open and migrated, `builders` make what the port takes. */
const opened = `
  const { openSqliteStore } = await import(dist + 'adapters/sqlite/index.js');
  const { newRun, registration, ended } = await import(dist + 'testing/store-contract/harness/builders.js');
  const store = await openSqliteStore({ path: process.argv[1] });
  await store.migrate();`;

test('20 processes that start at once on a new file submit and end 50 runs each, and none sees a locked database', async () => {
  const program = `${opened}
    const worker = registration();
    await store.registerWorker(worker);
    for (let i = 0; i < 50; i++) {
      const run = newRun({ key: worker.id + i, holder: worker.id });
      const [{ verdict }] = await store.submit([run]);
      const [ok] = await store.record({ worker: worker.id, entries: [ended({ run: run.id, epoch: 1 })] });
      if (verdict !== 'created' || ok !== 'ok') throw new Error(verdict + ' ' + ok);
    }
    await store.close();`;
  const ends = await Promise.all(Array.from({ length: 20 }, () => runNode(program, { args: [path] })));
  expect(ends.map(({ code, stderr }) => ({ code, stderr }))).toEqual(ends.map(() => ({ code: 0, stderr: '' })));
  const store = await openSqliteStore({ path });
  const { items } = await store.list({ states: ['succeeded'], limit: 10_000 });
  expect(items.length).toBe(1000);
  await store.close();
}, 300_000);

test('what a killed process was told to be created is there', async () => {
  const program = `${opened}
    for (let i = 0; ; i++) {
      const runs = Array.from({ length: 20 }, () => newRun());
      await store.submit(runs);
      console.log(runs.map(({ id }) => id).join('\\n'));
    }`;
  const { signal, stdout } = await runNode(program, {
    args: [path],
    onStdout: (text, kill) => {
      if (text.length > 40_000) kill('SIGKILL');
    },
  });
  expect(signal).toBe('SIGKILL');
  const ids = stdout.split('\n').filter((id) => id.length === 36);
  const store = await openSqliteStore({ path });
  const found = await store.get(ids);
  expect(found.filter((run) => run === null)).toEqual([]);
  expect(ids.length).toBeGreaterThan(1000);
  await store.close();
});

test('a process that ends in the middle of its work ends with its own exit code', async () => {
  const program = `${opened}
    setTimeout(() => process.exit(3), 100);
    for (;;) await Promise.all(Array.from({ length: 5 }, () => store.submit([newRun()])));`;
  const ends = [];
  for (let i = 0; i < 5; i++) ends.push(await runNode(program, { args: [path] }));
  expect(ends).toMatchObject(ends.map(() => ({ code: 3, stderr: '' })));
});

test('a client that was forgotten does not keep its process alive, and one that waits does', async () => {
  const forgotten = await runNode(`${opened} await store.workers();`, { args: [path] });
  expect(forgotten).toMatchObject({ code: 0, stderr: '' });
  const waiting = await runNode(`${opened} store.get(['none']).then((runs) => console.log(runs));`, { args: [path] });
  expect(waiting.stdout).toBe('[ null ]\n');
});

test('after close the process ends by itself and leaves one file', async () => {
  const program = `${opened}
    await store.registerWorker(registration({ heartbeatMs: 10 }));
    await store.close();`;
  const { code, stderr } = await runNode(program, { args: [path] });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  await expect(stat(`${path}-wal`)).rejects.toThrow('ENOENT');
});

test('the connection outlives garbage collections', async () => {
  const program = `${opened}
    for (let i = 0; i < 50; i++) {
      await store.submit([newRun()]);
      globalThis.gc();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { items } = await store.list({ limit: 100 });
    console.log(items.length);`;
  const { stdout } = await runNode(program, { args: [path], flags: ['--expose-gc'] });
  expect(stdout).toBe('50\n');
});

test('a worker is beaten for while its main loop stands still, and is marked as stalled after 5 s', async () => {
  const program = `${opened}
    const { existsSync } = await import('node:fs');
    await store.registerWorker(registration({ heartbeatMs: 50 }));
    console.log('registered');
    while (!existsSync(process.argv[2]));
    await store.heartbeat({ worker: (await store.workers())[0].id });
    console.log(JSON.stringify((await store.workers())[0].stalled));`;
  const store = await openSqliteStore({ path });
  await store.migrate();
  const gate = join(directory, 'gate');
  const process = runNode(program, { args: [path, gate] });
  const heartbeats = new Set<number>();
  let stalled = false;
  while (!stalled) {
    const [worker] = await store.workers();
    if (worker) heartbeats.add(worker.heartbeat);
    stalled = worker?.stalled ?? false;
  }
  await writeFile(gate, '');
  expect(heartbeats.size).toBeGreaterThan(5); // a hundred, where the disk has nothing else to do
  expect((await process).stdout).toBe('registered\nfalse\n');
  await store.close();
});
