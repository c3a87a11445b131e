import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createInstalled, onejob } from '../support/onejob.ts';

const program = `
  import { createApp, defineJob } from 'onejob';
  import { main } from 'onejob/cli';
  const job1 = defineJob({ name: 'job1', run: ({ input }) => ({ input }) });
  const job2 = defineJob({ name: 'job2', run() { throw new Error('i am error'); } });
  const app = createApp({ node: 'program', jobs: [job1, job2], store: 'sqlite:program.db' });
  await main(app);
  console.error('after main');
`;

describe('a program that ends in main(app)', () => {
  test('EGO-26 is its own launcher', async () => {
    const cwd = await createInstalled({ 'main.mjs': program });
    const calling = { cwd, program: join(cwd, 'main.mjs') };
    const ended = await onejob(['--job=job1', '--job-data={"username":"ego"}'], calling);
    expect(ended).toMatchObject({ code: 0, stdout: '{"input":{"username":"ego"}}\n' });
    expect(ended.stderr).toContain('after main');
    expect(await onejob(['--job=job1,job2'], calling)).toMatchObject({ code: 1 });
    expect(await onejob(['--job=job3'], calling)).toMatchObject({ code: 3 });
    const { stdout } = await onejob(['run', 'job1', '--json'], calling);
    expect(JSON.parse(stdout)).toMatchObject({ runs: [{ node: 'program' }] });
    expect((await onejob(['list'], calling)).stdout).toMatch(/^job1\t.*\njob2\t/);
  });

  test('EGO-26 has options that flags and environment win over', async () => {
    const cwd = await createInstalled({ 'main.mjs': program });
    const calling = { cwd, program: join(cwd, 'main.mjs') };
    const { stdout } = await onejob(['run', 'job1', '--json', '--node', 'flag', '--store', 'sqlite:other.db'], calling);
    expect(JSON.parse(stdout)).toMatchObject({ runs: [{ node: 'flag' }] });
    expect((await onejob(['runs', 'list'], calling)).stdout).toBe('');
    expect((await onejob(['runs', 'list'], { ...calling, env: { ONEJOB_STORE: 'sqlite:other.db' } })).stdout).toContain(
      'job1',
    );
  });

  test('EGO-26 may have used its app before', async () => {
    const cwd = await createInstalled({
      'main.mjs': program.replace('await main(app)', `await app.client.enqueue('job1', 1); await main(app)`),
    });
    const calling = { cwd, program: join(cwd, 'main.mjs') };
    expect((await onejob(['runs', 'list', '--json'], calling)).code).toBe(0);
    const late = await onejob(['runs', 'list', '--store', 'sqlite:other.db'], calling);
    expect(late.code).toBe(2);
    expect(late.stderr).toContain('the app works already');
  });

  test('EGO-1, EGO-26 ends though it left something open', async () => {
    const cwd = await createInstalled({ 'main.mjs': `setInterval(() => undefined, 1_000);${program}` });
    const ended = await onejob(['--job=job1'], { cwd, program: join(cwd, 'main.mjs') });
    expect(ended).toMatchObject({ code: 0, stdout: '{}\n' });
    expect(ended.stderr).toContain('something was left open');
  });
});
