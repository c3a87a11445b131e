import { copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createInstalled, killed, onejob, startOnejob } from '../support/onejob.ts';

const files = {
  'jobs/hello.job.mjs': `import { defineJob } from 'onejob'; export default defineJob({ run: () => 'hello' });`,
};

const store = (cwd: string): string => join(cwd, '.onejob', 'onejob.db');

async function runsOf(cwd: string, ...args: string[]): Promise<(string | null)[]> {
  const { stdout, code } = await onejob(['runs', 'list', '--json', ...args], { cwd });
  expect(code).toBe(0);
  return (JSON.parse(stdout) as { items: { key: string | null }[] }).items.map(({ key }) => key);
}

test('a backup is put in the place of a store whose last process was killed with a WAL, and not while one works', async () => {
  const cwd = await createInstalled(files);
  await onejob(['enqueue', 'hello', '--key', 'old'], { cwd });
  expect((await onejob(['db', 'backup', 'backup.db'], { cwd })).code).toBe(0);
  const worker = startOnejob(['start', '--roles=worker'], { cwd });
  await worker.said('onejob ready');
  await onejob(['enqueue', 'hello', '--key', 'new'], { cwd });

  const refused = await onejob(['db', 'restore', 'backup.db'], { cwd });
  expect({ code: refused.code, stderr: refused.stderr }).toEqual({
    code: 5,
    stderr: expect.stringContaining('is open in another process'),
  });
  expect(await runsOf(cwd)).toEqual(['new', 'old']);

  await killed(worker.child);
  expect(statSync(`${store(cwd)}-wal`).size > 0).toBe(true);
  const restored = await onejob(['db', 'restore', 'backup.db', '--json'], { cwd });
  expect(restored.code).toBe(0);
  const { kept } = JSON.parse(restored.stdout) as { kept: string };

  expect(await runsOf(cwd)).toEqual(['old']);
  expect(await runsOf(cwd, '--store', `sqlite:${kept}`)).toEqual(['new', 'old']);
  expect(readdirSync(join(cwd, '.onejob')).filter((name) => name.includes('.part'))).toEqual([]);
  expect((await onejob(['run', 'hello'], { cwd })).code).toBe(0);
});

test('what is no backup takes no place, and a store that is damaged or was never there is replaced', async () => {
  const cwd = await createInstalled(files);
  await onejob(['enqueue', 'hello', '--key', 'a'], { cwd });
  await onejob(['db', 'backup', 'backup.db'], { cwd });
  writeFileSync(join(cwd, 'notes.txt'), 'these are notes, not a database. '.repeat(100));
  for (const file of ['notes.txt', 'nothing', '.onejob/onejob.db']) {
    expect((await onejob(['db', 'restore', file], { cwd })).code).toBe(2);
  }
  expect(await runsOf(cwd)).toEqual(['a']);

  writeFileSync(store(cwd), 'damaged '.repeat(1_000));
  expect((await onejob(['db', 'restore', 'backup.db'], { cwd })).code).toBe(0);
  expect(await runsOf(cwd)).toEqual(['a']);
  const elsewhere = ['--store', 'sqlite:elsewhere/new.db'];
  expect((await onejob(['db', 'restore', 'backup.db', ...elsewhere], { cwd })).code).toBe(0);
  expect(await runsOf(cwd, ...elsewhere)).toEqual(['a']);
});

test('a restore that is killed at any moment leaves the one store or the other, whole, and the next one does it', async () => {
  const killedWorker = await createInstalled(files);
  await onejob(['enqueue', 'hello', '--key', 'old'], { cwd: killedWorker });
  await onejob(['db', 'backup', 'backup.db'], { cwd: killedWorker });
  const worker = startOnejob(['start', '--roles=worker'], { cwd: killedWorker });
  await worker.said('onejob ready');
  await onejob(['enqueue', 'hello', '--key', 'new'], { cwd: killedWorker });
  await killed(worker.child);

  const moments = { copied: 'both', alone: 'both', kept: 'both', bare: 'both', renamed: 'old' };
  for (const [moment, left] of Object.entries(moments)) {
    const cwd = await createInstalled(files);
    mkdirSync(join(cwd, '.onejob'));
    for (const name of ['backup.db', '.onejob/onejob.db', '.onejob/onejob.db-wal']) {
      copyFileSync(join(killedWorker, name), join(cwd, name));
    }
    const env = { ONEJOB_FAILPOINTS: `restore.${moment}=kill` };
    expect(await onejob(['db', 'restore', 'backup.db'], { cwd, env })).toMatchObject({ code: null });

    const keys = left === 'both' ? ['new', 'old'] : ['old'];
    expect({ moment, keys: await runsOf(cwd) }).toEqual({ moment, keys });
    expect((await onejob(['db', 'backup', 'checked.db'], { cwd })).stdout).toContain('found sound');

    expect((await onejob(['db', 'restore', 'backup.db'], { cwd })).code).toBe(0);
    expect(await runsOf(cwd)).toEqual(['old']);
  }
});
