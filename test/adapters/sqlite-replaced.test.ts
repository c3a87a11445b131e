import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { DatabaseIdentity } from '../../src/adapters/sqlite/file/file-identity.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { type Answer, Writer } from '../../src/adapters/sqlite/writer/writer.ts';
import { newRun } from '../../src/testing/store-contract/harness/builders.ts';
import { openFolder } from '../support/folder.ts';
import { runNode } from '../support/node-process.ts';

let path = '';

beforeEach(async () => {
  path = join(await openFolder(), 'onejob.db');
});

async function open(inPlace: boolean) {
  const store = await openSqliteStore({ path, inPlace });
  await store.migrate();
  await store.submit([newRun()]);
  return store;
}

const losses = {
  'the database is deleted': () => ['', '-wal', '-shm'].forEach((suffix) => rmSync(path + suffix)),
  'the database is moved away': () => renameSync(path, `${path}.moved`),
  'another database is renamed over it': () => {
    writeFileSync(`${path}.other`, '');
    renameSync(`${path}.other`, path);
  },
  'the WAL is deleted': () => rmSync(`${path}-wal`),
  'another WAL is there': () => {
    rmSync(`${path}-wal`);
    writeFileSync(`${path}-wal`, '');
  },
  'the shared memory is deleted': () => rmSync(`${path}-shm`),
};

describe.each([
  ['on a thread', false],
  ['in place', true],
])('a store %s whose file goes away under it', (_, inPlace) => {
  test.each(Object.entries(losses))('promises nothing once %s', async (_, markLost) => {
    const store = await open(inPlace);
    markLost();

    const refusal = { code: 'STORE_REPLACED', message: expect.stringContaining(path) };
    await expect(store.submit([newRun()])).rejects.toMatchObject(refusal);
    await expect(store.list({ limit: 1 })).rejects.toMatchObject(refusal);
    await expect(store.facts.lost).resolves.toMatchObject(refusal);
    await store.close();
  });

  test('reads nothing from the file that is gone', async () => {
    const store = await open(inPlace);
    renameSync(path, `${path}.moved`);

    await expect(store.list({ limit: 1 })).rejects.toMatchObject({ code: 'STORE_REPLACED' });
    await store.close();
  });

  test('stays lost when a file has its name again, and leaves that one alone', async () => {
    const store = await open(inPlace);
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix);
    await expect(store.list({ limit: 1 })).rejects.toMatchObject({ code: 'STORE_REPLACED' });

    const next = await open(inPlace);
    await expect(store.submit([newRun()])).rejects.toMatchObject({ code: 'STORE_REPLACED' });
    await store.close();

    await next.submit([newRun()]);
    expect((await next.list({ limit: 10 })).items).toHaveLength(2);
    await next.close();
    const again = await openSqliteStore({ path, inPlace });
    expect((await again.list({ limit: 10 })).items).toHaveLength(2);
    await again.close();
  });
});

test('what is committed when the file has just gone is not answered as stored', async () => {
  const answers: Answer[] = [];
  let isGoing = false;
  const writer = new Writer({
    path,
    url: `sqlite:${path}`,
    identity: new DatabaseIdentity(),
    now: () => {
      if (isGoing) renameSync(path, `${path}.moved`);
      return Date.now();
    },
    soon: (drain) => drain(),
    answer: (some) => answers.push(...some),
  });
  writer.push([{ id: 1, method: 'migrate', argument: { dryRun: false }, weight: 0 }]);
  isGoing = true;
  writer.push([{ id: 2, method: 'submit', argument: [newRun()], weight: 0 }]);

  expect(answers).toMatchObject([{ id: 1 }, { id: 2, error: { code: 'STORE_REPLACED' } }]);
  await writer.close();
});

/** Writes 7 MB at once where files may have 4 MB: an I/O error, and the writer opens its connection anew. */
const reopens = (inPlace: boolean) => `
  const { openSqliteStore } = await import(dist + 'adapters/sqlite/index.js');
  const { newRun, newRuns } = await import(dist + 'testing/store-contract/harness/builders.js');
  const store = await openSqliteStore({ path: process.argv[1], inPlace: ${inPlace} });
  const submit = (runs) => store.submit(runs).then(([{ verdict }]) => verdict, ({ code }) => code);
  const answers = [await store.migrate().then(() => 'made'), await submit([newRun()])];
  const large = newRuns(8, { input: JSON.stringify('x'.repeat(900_000)), digest: null });
  for (let n = 0; n < 3; n++) {
    answers.push(await submit(large));
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve, gc())); // closes the old connection
    answers.push(await submit([newRun()]));
  }
  console.log(answers.join(' '));
  await store.close();
`;

test.each([
  ['on a thread', false],
  ['in place', true],
])('a disk that refused a write is no other file: the store %s opens it anew and goes on', async (_, inPlace) => {
  const { stdout, stderr } = await runNode(reopens(inPlace), {
    args: [path],
    flags: ['--expose-gc'],
    fileBlocks: 8192,
  });
  const round = 'STORE_UNAVAILABLE created';
  expect(stdout + stderr).toBe(`made created ${round} ${round} ${round}\n`);
});

test('a database that goes away between two connections of a writer is missed, and none is made', async () => {
  const answers: Answer[] = [];
  let fail: Error | undefined;
  const writer = new Writer({
    path,
    url: `sqlite:${path}`,
    identity: new DatabaseIdentity(),
    now: () => {
      if (fail) throw fail;
      return Date.now();
    },
    soon: (drain) => drain(),
    answer: (some) => answers.push(...some),
  });
  const submit = (id: number) => writer.push([{ id, method: 'submit', argument: [newRun()], weight: 0 }]);
  writer.push([{ id: 1, method: 'migrate', argument: { dryRun: false }, weight: 0 }]);
  submit(2);

  fail = Object.assign(new Error('disk I/O error'), { errcode: 10 }); // as the driver throws it
  submit(3);
  fail = undefined;
  renameSync(path, `${path}.moved`);
  submit(4);
  expect(existsSync(path)).toBe(false);

  expect(answers).toMatchObject([
    { id: 1 },
    { id: 2, value: ['queued'] },
    { id: 3, error: { code: 'STORE_UNAVAILABLE' } },
    { id: 4, error: { code: 'STORE_REPLACED' } },
  ]);
  await writer.close();
});
