import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { type Answer, Writer } from '../../src/adapters/sqlite/writer.ts';
import { newRun } from '../../src/testing/store-contract/builders.ts';
import { openFolder } from '../support/folder.ts';

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
  test.each(Object.entries(losses))('promises nothing once %s', async (_, lose) => {
    const store = await open(inPlace);
    lose();

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
