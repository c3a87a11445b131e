import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createInstalled, onejob, startOnejob, type Started } from '../support/onejob.ts';
import { until } from '../support/until.ts';

const job = (code: string) => `
  import { defineJob } from 'onejob';
  import { appendFileSync, existsSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  const note = (line) => appendFileSync('ledger', line + '\\n');
  const opened = async (gate) => { while (!existsSync(gate)) await sleep(5); };
  export default defineJob({ ${code} });`;

const files = {
  'jobs/hello.job.mjs': job(`run({ log }) { log.info('logged', { n: 1 }); console.log('printed'); return 'hello'; }`),
  // Its second step stays open until the file `gate` is there.
  'jobs/steps.job.mjs': job(`async run({ step }) {
    for (let n = 1; n <= 4; n++) await step(['s', n], async () => {
      note('begin ' + n);
      if (n === 2) await opened('gate');
      note('end ' + n);
      return n;
    });
    return 'all';
  }`),
  'jobs/busy.job.mjs': job(`async run({ signal }) { note('busy'); await sleep(60_000, undefined, { signal }); }`),
};

/** A worker that is up. Killed when the test has ended. */
async function startWorker(cwd: string, ...args: string[]): Promise<Started> {
  const worker = startOnejob(['start', '--roles=worker', ...args], { cwd });
  await worker.said('onejob ready');
  return worker;
}

const ledger = async (cwd: string): Promise<string[]> =>
  existsSync(join(cwd, 'ledger')) ? (await readFile(join(cwd, 'ledger'), 'utf8')).trim().split('\n') : [];

async function enqueue(cwd: string, name: string): Promise<string> {
  const { stdout, code } = await onejob(['enqueue', name], { cwd });
  expect(code).toBe(0);
  return stdout.trim();
}

interface ShownRun {
  readonly state: string;
  readonly crashes: number;
  readonly node: string | null;
  readonly output: unknown;
  readonly error: { readonly code: string; readonly message: string } | null;
}

async function show(cwd: string, id: string): Promise<ShownRun> {
  return JSON.parse((await onejob(['runs', 'show', id, '--json'], { cwd })).stdout) as ShownRun;
}

/** The lines of a log in JSON. */
const logged = ({ stderr }: Started) =>
  stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('a worker', () => {
  test('VT-5 says when it is up, takes what is enqueued, and ends with 0 when it is told to', async () => {
    const cwd = await createInstalled(files);
    const worker = await startWorker(cwd, '--json', '--node', 'mill');
    const { pid } = worker.child;
    const store = `sqlite:${join(cwd, '.onejob/onejob.db')}`;
    expect(worker.stderr).toBe(`onejob ready - node=mill roles=worker store=${store} pid=${pid}\n`);
    await worker.said('"event"');
    expect(JSON.parse(worker.stdout)).toEqual({
      event: 'ready',
      url: null,
      pid,
      node: 'mill',
      roles: ['worker'],
      store,
    });

    const id = await enqueue(cwd, 'hello');
    expect(await onejob(['runs', 'wait', id], { cwd })).toMatchObject({ code: 0, stdout: 'hello\n' });
    expect(await show(cwd, id)).toMatchObject({ state: 'succeeded', node: 'mill' });
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toMatchObject({ code: 0 });
  });

  test('SJ-14 logs begin and end of each run, what the job logs, and only on demand what it prints', async () => {
    const cwd = await createInstalled(files);
    const worker = await startWorker(cwd);
    const id = await enqueue(cwd, 'hello');
    await worker.said('run ended');
    expect(logged(worker)).toMatchObject([
      { level: 'info', msg: 'run started', job: 'hello', run: id, trigger: 'cli' },
      { level: 'info', msg: 'logged', n: 1, job: 'hello', run: id },
      { level: 'info', msg: 'run ended', outcome: 'succeeded', run: id, durationMs: expect.any(Number) as number },
    ]);
    expect(worker.stdout).toBe('');
    const more = await startWorker(cwd, '--verbose', '--node', 'more');
    worker.child.kill('SIGKILL');
    await enqueue(cwd, 'hello');
    await more.said('printed');
    expect(logged(more)).toContainEqual(expect.objectContaining({ level: 'debug', msg: 'printed', stream: 'stdout' }));
    expect((await onejob(['runs', 'logs', id], { cwd })).stdout).toContain('printed');
  });

  test('VT-14, EGO-25 that is told to end finishes the running step, and another goes on behind it', async () => {
    const cwd = await createInstalled(files);
    const worker = await startWorker(cwd);
    const id = await enqueue(cwd, 'steps');
    await until('the second step has begun', async () => (await ledger(cwd)).includes('begin 2'));
    worker.child.kill('SIGTERM');
    await worker.said('stopping');
    await writeFile(join(cwd, 'gate'), '');
    expect(await worker.ended).toMatchObject({ code: 0 });
    expect(await ledger(cwd)).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2']);
    expect(await show(cwd, id)).toMatchObject({ state: 'queued', crashes: 0 });

    await startWorker(cwd);
    expect((await onejob(['runs', 'wait', id], { cwd })).stdout).toBe('all\n');
    expect(await ledger(cwd)).toEqual([1, 2, 3, 4].flatMap((n) => [`begin ${n}`, `end ${n}`]));
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('EGO-25 ends at once with a second %s', async (signal, code) => {
    const cwd = await createInstalled({
      ...files,
      'jobs/deaf.job.mjs': job(`async run() { note('deaf'); await sleep(60_000); }`),
    });
    const worker = await startWorker(cwd);
    await enqueue(cwd, 'deaf');
    await until('it runs', async () => (await ledger(cwd)).includes('deaf'));
    worker.child.kill(signal);
    await worker.said('stopping');
    worker.child.kill(signal);
    expect(await worker.ended).toMatchObject({ code });
  });

  test('VT-11 of a name that is taken over ends with 4', async () => {
    const cwd = await createInstalled(files);
    const previous = await startWorker(cwd, '--node', 'mill');
    const id = await enqueue(cwd, 'busy');
    await until('it runs', async () => (await ledger(cwd)).includes('busy'));
    const younger = await startWorker(cwd, '--node', 'mill');
    const ended = await previous.ended;
    expect(ended.code).toBe(4);
    expect(ended.stderr).toContain('another process has started as node mill');
    await until('the younger has the run', async () => (await ledger(cwd)).length === 2);
    expect(await show(cwd, id)).toMatchObject({ state: 'running', crashes: 0 });
    younger.child.kill('SIGKILL');
  });

  test('EGO-20 has as many slots as the flag says, which wins over the file', async () => {
    const cwd = await createInstalled({ ...files, 'onejob.config.json': '{ "concurrency": 7, "node": "file" }' });
    const worker = await startWorker(cwd);
    const nodes = async () =>
      JSON.parse((await onejob(['nodes', 'list', '--json'], { cwd })).stdout) as { items: object[] };
    expect((await nodes()).items).toMatchObject([
      { node: 'file', slots: 7, load: 0, stalled: false, pid: worker.child.pid, jobs: ['busy', 'hello', 'steps'] },
    ]);
    worker.child.kill('SIGTERM');
    await worker.ended;
    expect((await nodes()).items).toEqual([]);
    await startWorker(cwd, '--concurrency', '1', '--node', 'flag');
    await Promise.all([enqueue(cwd, 'busy'), enqueue(cwd, 'busy')]);
    await until('one runs', async () => (await ledger(cwd)).length === 1);
    expect((await onejob(['runs', 'list', '--state', 'queued'], { cwd })).stdout.trim().split('\n')).toHaveLength(1);
    const text = (await onejob(['nodes', 'list'], { cwd })).stdout;
    expect(text).toMatch(/^flag\talive\t\d of 1\t3\t/);
  });

  test('VT-22 a drained node takes nothing more until it is resumed, and explain says so', async () => {
    const cwd = await createInstalled(files);
    await startWorker(cwd, '--node', 'web-1');
    const drained = await onejob(['nodes', 'drain', 'web-1', '--reason', 'new kernel'], { cwd });
    expect([drained.code, drained.stderr]).toEqual([0, expect.stringContaining('the node web-1 is drained')]);
    expect((await onejob(['nodes', 'list'], { cwd })).stdout).toMatch(/^web-1\tdrained\t/);
    const id = await enqueue(cwd, 'hello');
    const explained = (await onejob(['runs', 'explain', id], { cwd })).stdout;
    expect(explained).toContain('the node web-1 was paused by cli: new kernel');
    expect(explained).toContain('onejob nodes resume web-1');
    expect((await onejob(['nodes', 'resume', 'web-1'], { cwd })).code).toBe(0);
    expect((await onejob(['runs', 'wait', id], { cwd })).code).toBe(0);
  });

  test.each([
    [['--roles', ''], 'roles names no role'],
    [['--roles', 'worker,consumer'], 'the role consumer is not there yet'],
    [['--roles', 'workr'], 'there is no role workr; did you mean worker?'],
    [['--concurrency', '0'], '--concurrency is a whole number from 1'],
    [['--on-stall', 'wait'], '--on-stall is one of warn, exit'],
    [['now'], 'onejob start takes no words'],
  ])('EGO-20 refuses %j', async (args, sentence) => {
    const cwd = await createInstalled(files);
    const ended = await onejob(['start', ...args], { cwd });
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(sentence);
  });

  test('names job files with problems, and says when there is no job at all', async () => {
    const cwd = await createInstalled({ 'jobs/broken.job.mjs': 'export default {' });
    const worker = await startWorker(cwd);
    expect(worker.stderr).toContain('jobs/broken.job.mjs:1');
    expect(worker.stderr).toContain('there are no jobs here');
  });

  test('EGO-26 is what a program that ends in main(app) becomes without a command', async () => {
    const cwd = await createInstalled({
      'main.mjs': `
        import { createApp, defineJob } from 'onejob';
        import { main } from 'onejob/cli';
        const app = createApp({ jobs: [defineJob({ name: 'mine', run: () => 'mine' })], store: 'sqlite:program.db', concurrency: 3 });
        await main(app);`,
    });
    const program = join(cwd, 'main.mjs');
    const worker = startOnejob(['--node', 'program', '--roles', 'worker', '--concurrency', '2'], { cwd, program });
    await worker.said('onejob ready - node=program');
    const id = (await onejob(['enqueue', 'mine'], { cwd, program })).stdout.trim();
    expect((await onejob(['runs', 'wait', id], { cwd, program })).stdout).toBe('mine\n');
    expect((await onejob(['nodes', 'list'], { cwd, program })).stdout).toContain('of 2');
    worker.child.kill('SIGINT');
    expect(await worker.ended).toMatchObject({ code: 0 });
    expect((await onejob(['--help'], { cwd, program })).stdout).toContain('Examples');
  });
});
