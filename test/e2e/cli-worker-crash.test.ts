import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createInstalled, onejob, startOnejob, type Started } from '../support/onejob.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

const job = (code: string) => `
  import { defineJob } from 'onejob';
  import { appendFileSync, existsSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  const note = (line) => appendFileSync('ledger', line + '\\n');
  export default defineJob({ ${code} });`;

const steps = job(`async run({ step }) {
  for (let n = 1; n <= 4; n++) await step(['s', n], async () => {
    note('begin ' + n);
    while (n === 2 && !existsSync('gate')) await sleep(5);
    note('end ' + n);
    return n;
  });
  return 'all';
}`);

/** Longer than any of these tests waits. */
const longLease = { 'onejob.config.json': '{ "limits": { "lease": "5m" } }' };

const ledger = async (cwd: string): Promise<string[]> =>
  existsSync(join(cwd, 'ledger')) ? (await readFile(join(cwd, 'ledger'), 'utf8')).trim().split('\n') : [];

const begun = (cwd: string) => until('the second step has begun', async () => (await ledger(cwd)).includes('begin 2'));

async function startWorker(cwd: string, ...args: string[]): Promise<Started> {
  const worker = startOnejob(['start', '--roles=worker', ...args], { cwd });
  await worker.said('onejob ready');
  return worker;
}

async function kill({ child, ended }: Started): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}

async function only(cwd: string, ...args: string[]): Promise<Record<string, unknown>> {
  const { stdout } = await onejob(['runs', 'list', '--json', ...args], { cwd });
  const { items } = JSON.parse(stdout) as { items: Record<string, unknown>[] };
  expect(items).toHaveLength(1);
  return items[0] ?? {};
}

describe('after kill -9', () => {
  test('VT-10, VT-11 of `onejob run` the next command frees its run and names it, and a worker goes on at once', async () => {
    const cwd = await createInstalled({ ...longLease, 'jobs/steps.job.mjs': steps });
    const running = startOnejob(['run', 'steps', '--key', 'k'], { cwd });
    await begun(cwd);
    await kill(running);

    const listed = await onejob(['runs', 'list'], { cwd });
    expect(listed.stdout).toMatch(/\tsteps\tqueued\t/);
    expect(listed.stderr).toContain('steps was left by a process that died');
    const explained = await onejob(['runs', 'explain', 'k'], { cwd });
    expect(explained.stdout).toContain('the process that ran it was killed, and no living worker knows the job steps');
    expect(explained.stdout).toContain('onejob start');

    await writeFile(join(cwd, 'gate'), '');
    await startWorker(cwd);
    await until('a worker has it', async () => (await ledger(cwd)).length > 3);
    expect((await onejob(['runs', 'wait', 'k'], { cwd })).stdout).toBe('all\n');
    expect(await ledger(cwd)).toEqual('begin 1,end 1,begin 2,begin 2,end 2,begin 3,end 3,begin 4,end 4'.split(','));
    expect(await only(cwd)).toMatchObject({ state: 'succeeded', attempt: 1, crashes: 0 });
    expect((await onejob(['runs', 'list'], { cwd })).stderr).toBe('');
  });

  test('VT-10, VT-11 of `onejob start` the next one goes on at once, without a flag', async () => {
    const cwd = await createInstalled({ ...longLease, 'jobs/steps.job.mjs': steps });
    const first = await startWorker(cwd);
    await onejob(['enqueue', 'steps', '--key', 'k'], { cwd });
    await begun(cwd);
    await kill(first);
    await writeFile(join(cwd, 'gate'), '');
    await startWorker(cwd);
    await until('a worker has it', async () => (await ledger(cwd)).length > 3);
    expect((await onejob(['runs', 'wait', 'k'], { cwd })).stdout).toBe('all\n');
    expect((await ledger(cwd)).filter((line) => line === 'begin 1')).toHaveLength(1);
  });

  test('VT-19 of every worker that takes it a run fails with RUN_CRASHED', async () => {
    const cwd = await createInstalled({ 'jobs/bomb.job.mjs': job(`run() { process.kill(process.pid, 'SIGKILL'); }`) });
    await onejob(['enqueue', 'bomb', '--key', 'k'], { cwd });
    for (const node of ['a', 'b', 'c'])
      expect((await startOnejob(['start', '--roles=worker', '--node', node], { cwd }).ended).code).toBe(null);
    expect(await only(cwd)).toMatchObject({ state: 'failed', error: { code: 'RUN_CRASHED' } });
    expect((await onejob(['runs', 'show', 'k'], { cwd })).stdout).toMatch(/RUN_CRASHED.*\ba\b.*\bb\b.*\bc\b/);
  });
});

describe('what nobody caught', () => {
  const files = {
    'jobs/rejects.job.mjs': job(
      `async run() { void Promise.reject(new Error('lost promise')); await sleep(100); return 'went on'; }`,
    ),
    'jobs/throws.job.mjs': job(`retry: { attempts: 3 }, run: () => new Promise(() => setTimeout(() => {
      note('throws');
      throw new Error('thrown in a timer');
    }, 10))`),
    'jobs/hello.job.mjs': job(`async run() { await sleep(150); return 'hello'; }`),
    'jobs/once.job.mjs': job(`run: () => new Promise((resolve) => setTimeout(() => {
      note('once');
      if (existsSync('gate')) resolve('second');
      else throw new Error('thrown in a timer');
    }, 10))`),
  };

  test.each([
    ['rejects', 'lost promise'],
    ['throws', 'thrown in a timer'],
  ])('EGO-4 in `onejob run %s` fails that run, at once and for good, and no other', async (name, text) => {
    const cwd = await createInstalled(files);
    const ended = await onejob(['run', name], { cwd });
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain(`onejob: ${name} failed: ${text}`);
    expect(ended.stderr).not.toContain('    at ');
    expect(await only(cwd)).toMatchObject({
      state: 'failed',
      attempt: 1,
      error: { code: 'JOB_FAILED', message: text },
    });

    const several = await onejob(['run', `hello,${name}`], { cwd });
    expect(several.code).toBe(1);
    expect(several.stdout).toContain('==> hello <==\nhello\n');
    expect(await only(cwd, '--job', 'hello')).toMatchObject({ state: 'succeeded' });
  });

  test('EGO-4 of a run that has ended already is said, and changes nothing', async () => {
    const opened = (gate: string) => `while (!existsSync('${gate}')) await sleep(5);`;
    const cwd = await createInstalled({
      ...files,
      'jobs/quick.job.mjs': job(`run() {
        void (async () => { ${opened('ended')} setTimeout(() => { throw new Error('too late'); }); })();
        return 'quick';
      }`),
      'jobs/long.job.mjs': job(`async run() { ${opened('said')} return 'long'; }`),
    });
    const running = startOnejob(['run', 'quick,long'], { cwd });
    await running.said('==> quick <==\nquick\n');
    await writeFile(join(cwd, 'ended'), '');
    await running.said('onejob: an error came when its run had ended: too late');
    await writeFile(join(cwd, 'said'), '');
    const ended = await running.ended;
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stdout).toContain('long\n');
  });

  test('EGO-4 of no run fails all that execute', async () => {
    const cwd = await createInstalled({
      'jobs/a.job.mjs': `${job(`run() { running = true; return new Promise(() => undefined); }`)}
        let running = false;
        const timer = setInterval(() => { if (running) { clearInterval(timer); throw new Error('nobody knows'); } }, 5);`,
    });
    const ended = await onejob(['run', 'a', '--json'], { cwd });
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({ runs: [{ state: 'failed', error: { message: 'nobody knows' } }] });
  });

  test('EGO-4 in a job file ends the command with one sentence', async () => {
    const cwd = await createInstalled({
      'jobs/bad.job.mjs': `${job(`run: () => sleep(60_000)`)}\nsetTimeout(() => { throw new Error('too early'); }, 1);`,
    });
    const ended = await onejob(['run', 'bad'], { cwd });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('too early');
  });

  test('as a rejection in a worker is named with its run, and the worker goes on', async () => {
    const cwd = await createInstalled(files);
    const worker = await startWorker(cwd);
    const id = (await onejob(['enqueue', 'rejects'], { cwd })).stdout.trim();
    expect(await onejob(['runs', 'wait', id], { cwd })).toMatchObject({ code: 0, stdout: 'went on\n' });
    const line = worker.stderr.split('\n').find((text) => text.includes('a promise that nobody awaits'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      level: 'error',
      job: 'rejects',
      run: id,
      error: { message: 'lost promise' },
    });
    expect((await onejob(['runs', 'logs', id], { cwd })).stdout).toContain('Error: lost promise');
    expect(worker.child.exitCode).toBeNull();
  });

  test('VT-19 as an exception ends a worker at once with 1, and another takes over', async () => {
    const cwd = await createInstalled(files);
    const first = await startWorker(cwd);
    await onejob(['enqueue', 'once', '--key', 'k'], { cwd });
    const ended = await first.ended;
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('thrown in a timer');
    await writeFile(join(cwd, 'gate'), '');
    await startWorker(cwd);
    expect(await onejob(['runs', 'wait', 'k'], { cwd })).toMatchObject({ code: 0, stdout: 'second\n' });
    expect(await ledger(cwd)).toEqual(['once', 'once']);
  });
});

test('a worker that stands still ends itself with --on-stall exit, and another takes over', async () => {
  const cwd = await createInstalled({
    'jobs/stuck.job.mjs': job(`run() { note('stuck'); while (!existsSync('gate')); return 'free'; }`),
    'onejob.config.json': '{ "limits": { "lease": "2s" } }',
  });
  const env = { ONEJOB_STALL_MS: '4000' }; // a busy machine may keep a start from turning for a second
  const worker = startOnejob(['start', '--roles=worker', '--on-stall', 'exit'], { cwd, env });
  await worker.said('onejob ready');
  await onejob(['enqueue', 'stuck', '--key', 'k'], { cwd });
  await worker.ended;
  expect(worker.child.signalCode).toBe('SIGKILL');
  await writeFile(join(cwd, 'gate'), '');
  await startWorker(cwd);
  expect((await onejob(['runs', 'wait', 'k'], { cwd })).stdout).toBe('free\n');
  expect(await ledger(cwd)).toEqual(['stuck', 'stuck']);
});

describe('a store that is away', () => {
  test('when a worker starts ends it with 5', async () => {
    const cwd = await createInstalled({ 'jobs/steps.job.mjs': steps });
    const ended = await onejob(['start', '--roles=worker', '--store', 'postgres://nobody:secret@127.0.0.1:1/none'], {
      cwd,
    });
    expect(ended.code).toBe(5);
    expect(ended.stderr).toMatch(/^onejob: .*\n/);
    expect(ended.stderr).not.toContain('secret');
  });

  test('later is waited for, and the run goes on where it was (PostgreSQL)', async () => {
    const cwd = await createInstalled({ 'jobs/steps.job.mjs': steps });
    const fixture = await openPostgresFixture();
    const proxy = await openTcpProxy(fixture.url);
    try {
      const worker = await startWorker(cwd, '--store', proxy.url);
      const direct = ['--store', fixture.url];
      await onejob(['enqueue', 'steps', '--key', 'k', ...direct], { cwd });
      await begun(cwd);
      await proxy.shut();
      await writeFile(join(cwd, 'gate'), '');
      await until('the step has ended', async () => (await ledger(cwd)).includes('end 2'));
      await proxy.reopen();
      expect((await onejob(['runs', 'wait', 'k', ...direct], { cwd })).stdout).toBe('all\n');
      expect(await ledger(cwd)).toEqual([1, 2, 3, 4].flatMap((n) => [`begin ${n}`, `end ${n}`]));
      await kill(worker);
    } finally {
      await proxy.close();
      await fixture.close();
    }
  });
});
