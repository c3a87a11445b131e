import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createInstalled, onejob, startOnejob } from '../support/onejob.ts';
import { until } from '../support/until.ts';

const pipeline = (body: string) => `
  import { definePipeline } from 'onejob';
  import { appendFileSync } from 'node:fs';
  export default definePipeline({ name: 'panics', maxCrashes: 2 })
    .step('a', () => ${body})
    .onFailure(({ error }) => appendFileSync('ledger', error.code + '\\n'));`;

const throwing = `new Promise(() => setTimeout(() => { throw new Error('panic'); }, 5))`;
const rejecting = `{ void Promise.reject(new Error('panic')); return new Promise(() => undefined); }`;

const ledger = (cwd: string) => readFile(join(cwd, 'ledger'), 'utf8');

test.each([
  ['thrown in a callback', throwing],
  ['rejected and not awaited', rejecting],
])('VT-4 of `onejob run` what nobody caught, %s, calls onFailure', async (_, body) => {
  const cwd = await createInstalled({ 'jobs/panics.job.mjs': pipeline(body) });
  expect((await onejob(['run', 'panics'], { cwd })).code).toBe(1);
  expect(await ledger(cwd)).toBe('JOB_FAILED\n');
});

test.each([
  ['an exception', throwing],
  ['process.exit', 'process.exit(1)'],
])('VT-4, VT-19 of workers that die by it, %s calls onFailure at the limit of crashes', async (_, body) => {
  const cwd = await createInstalled({ 'jobs/panics.job.mjs': pipeline(body) });
  const id = (await onejob(['enqueue', 'panics'], { cwd })).stdout.trim();
  const start = (node: string) => startOnejob(['start', '--roles=worker', '--node', node], { cwd });
  for (const node of ['a', 'b']) expect((await start(node).ended).code).toBe(1);
  await start('c').said('onejob ready');
  expect((await onejob(['runs', 'wait', id], { cwd })).code).not.toBe(0);
  await until('it is called', () => existsSync(join(cwd, 'ledger')));
  expect(await ledger(cwd)).toBe('RUN_CRASHED\n');
});
