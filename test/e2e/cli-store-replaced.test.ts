import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createInstalled, startOnejob } from '../support/onejob.ts';
import { until } from '../support/until.ts';

const files = {
  'jobs/gate.job.mjs': `
    import { defineJob } from 'onejob';
    import { existsSync, writeFileSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    export default defineJob({ name: 'gate', async run() {
      writeFileSync('begun', '');
      while (!existsSync('gate')) await sleep(5);
      writeFileSync('gone through', '');
      return 'never stored';
    } });`,
};

const deleteStore = (cwd: string): void => {
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(cwd, '.onejob', `onejob.db${suffix}`));
};

test('a worker whose store is deleted says so and ends with 5, and does not wait for what it executes', async () => {
  const cwd = await createInstalled(files);
  const worker = startOnejob(['start', '--roles=worker'], { cwd });
  await worker.said('onejob ready');
  const client = startOnejob(['enqueue', 'gate'], { cwd });
  expect((await client.ended).code).toBe(0);
  await until('the run has begun', () => existsSync(join(cwd, 'begun')));

  deleteStore(cwd);

  expect((await worker.ended).code).toBe(5);
  expect(worker.stderr).toContain('was moved, replaced or deleted while it was open');
});

test('a run whose store is deleted is no success: its command ends with 5', async () => {
  const cwd = await createInstalled(files);
  const run = startOnejob(['run', 'gate', '--json'], { cwd });
  await until('the run has begun', () => existsSync(join(cwd, 'begun')));

  deleteStore(cwd);

  expect((await run.ended).code).toBe(5);
  expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: 'STORE_REPLACED' } });
});
