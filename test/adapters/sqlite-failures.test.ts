import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, type TestContext } from 'vitest';
import { Connection } from '../../src/adapters/sqlite/file/connection.ts';
import { DatabaseIdentity } from '../../src/adapters/sqlite/file/file-identity.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { type Answer, Writer } from '../../src/adapters/sqlite/writer/writer.ts';
import { isOnejobError, type OnejobError } from '../../src/job/errors.ts';
import { newRun, newRuns } from '../../src/testing/store-contract/harness/builders.ts';
import { openFolder } from '../support/folder.ts';

let directory = '';

beforeEach(async () => {
  directory = await openFolder();
});

/** What opening a path and using it for the first time rejects with. */
async function failureOf(path: string): Promise<Pick<OnejobError, 'code' | 'message' | 'hint'>> {
  const store = await openSqliteStore({ path });
  try {
    await store.migrate();
  } catch (error) {
    if (isOnejobError(error)) return { code: error.code, message: error.message, hint: error.hint };
    throw error;
  } finally {
    await store.close();
  }
  throw new Error(`${path} is a good place for a store`);
}

describe('a place that is none for a store is named in one sentence', () => {
  test('a directory', async () => {
    expect(await failureOf(directory)).toEqual({
      code: 'CONFIG_INVALID',
      message: `the store sqlite:${directory} is a directory`,
      hint: 'name a file in it',
    });
  });

  test('a file that is no database', async () => {
    const path = join(directory, 'notes.txt');
    await writeFile(path, 'these are notes, not a database. '.repeat(100));
    expect(await failureOf(path)).toMatchObject({
      code: 'CONFIG_INVALID',
      message: `the file of the store sqlite:${path} is not an SQLite database`,
    });
  });

  test('below a file', async () => {
    await writeFile(join(directory, 'notes.txt'), 'notes');
    expect(await failureOf(join(directory, 'notes.txt', 'onejob.db'))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('is not a directory'),
    });
  });

  test('where no directory can be made', async () => {
    expect(await failureOf('/proc/onejob/onejob.db')).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: 'the directory /proc/onejob of the store sqlite:/proc/onejob/onejob.db cannot be created (ENOENT)',
    });
  });

  test('a database of somebody else', async () => {
    const path = join(directory, 'other.db');
    const db = new Connection(path);
    db.exec('create table runs (id)');
    db.close();
    expect(await failureOf(path)).toEqual({
      code: 'CONFIG_INVALID',
      message: 'the file of the store holds the tables of another program',
      hint: 'name another file',
    });
  });
});

test('a read-only file system is said to be one', async (context) => {
  const place = mountTmpfs(context, '1m');
  try {
    const path = join(place, 'onejob.db');
    const store = await openSqliteStore({ path });
    await store.migrate();
    await store.close();
    execFileSync('mount', ['-o', 'remount,ro', place]);
    expect(await failureOf(path)).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: `the store sqlite:${path} is read-only: this user may not write to ${path}`,
    });
  } finally {
    execFileSync('umount', [place]);
  }
});

test('a full disk is STORE_UNAVAILABLE, takes nothing with it, and work goes on once there is room', async (context) => {
  const place = mountTmpfs(context, '2m');
  try {
    const path = join(place, 'onejob.db');
    const store = await openSqliteStore({ path });
    await store.migrate();
    const kept = newRun();
    await store.submit([kept]);
    const large = newRuns(20, { input: JSON.stringify('x'.repeat(200_000)), digest: null });
    await expect(store.submit(large)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: `the disk of the store sqlite:${path} is full`,
    });
    expect((await store.list({ limit: 100 })).items.map(({ id }) => id)).toEqual([kept.id]);
    execFileSync('mount', ['-o', 'remount,size=64m', place]);
    expect((await store.submit(large)).every(({ verdict }) => verdict === 'created')).toBe(true);
    await store.close();
  } finally {
    execFileSync('umount', [place]);
  }
});

test('a file that another process holds for too long is STORE_UNAVAILABLE, and reads go on', async () => {
  const path = join(directory, 'onejob.db');
  const store = await openSqliteStore({ path });
  await store.migrate();
  const other = new Connection(path);
  other.exec('begin immediate');
  const answers: Answer[] = [];
  const writer = new Writer({
    path,
    url: 'sqlite:x',
    identity: new DatabaseIdentity(),
    now: Date.now,
    soon: queueMicrotask,
    answer: (more) => answers.push(...more),
    patienceMs: 100,
  });
  writer.push([
    { id: 1, method: 'submit', argument: [newRun()], weight: 0 },
    { id: 2, method: 'workers', argument: null, weight: 0 },
  ]);
  await expect.poll(() => answers.length).toBe(2);
  expect(answers[0]).toMatchObject({ id: 2, value: [] });
  expect(answers[1]?.error).toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: 'the store sqlite:x was locked by another process for too long',
  });
  const patient = store.submit([newRun()]);
  other.exec('rollback');
  expect((await patient)[0]?.verdict).toBe('created');
  other.close();
  await writer.close();
  await store.close();
});

test('a store without a schema says how to make one', async () => {
  const store = await openSqliteStore({ path: join(directory, 'onejob.db') });
  await expect(store.workers()).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    hint: 'create it with: onejob db migrate',
  });
  await store.close();
});

test('code goes on with a newer schema that allows it, and refuses one that does not', async () => {
  const path = join(directory, 'onejob.db');
  const store = await openSqliteStore({ path });
  const { to } = await store.migrate();
  const db = new Connection(path);
  db.exec(`pragma user_version = ${to + 1}`);
  expect(await store.migrate()).toEqual({ from: to + 1, to: to + 1 });
  db.exec(`update meta set value = '${to + 1}' where name = 'min_version'`);
  await expect(store.migrate()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  db.close();
  await store.close();
});

test('a transaction of the caller’s cannot be joined, and the answer says so', async () => {
  const store = await openSqliteStore({ path: ':memory:' });
  await expect(store.submit([newRun()], { tx: {} })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  await store.close();
});

/** A small file system of its own; skips the test where this user may not mount one. */
function mountTmpfs(context: TestContext, size: string): string {
  const place = join(directory, 'disk');
  try {
    execFileSync('mkdir', [place]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', place], { stdio: 'pipe' });
  } catch (error) {
    context.skip(`a file system of its own cannot be mounted here: ${String(error).split('\n')[0]}`);
  }
  return place;
}
