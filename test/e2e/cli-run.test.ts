import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createInstalled, onejob, startOnejob, type Ended } from '../support/onejob.ts';
import { until } from '../support/until.ts';

const job = (body: string, more = '') => `
  import { defineJob, JobError } from 'onejob';
  import { setTimeout as sleep } from 'node:timers/promises';
  ${more}
  export default ${body};`;

const files = {
  'jobs/job1.job.mjs': job(`defineJob({ run: () => 'i am job1' })`),
  'jobs/job2.job.mjs': job(`defineJob({ run() { throw new Error('i am error'); } })`),
  'jobs/late.job.mjs': job(
    `defineJob({ timeout: '100ms', run: ({ signal }) => sleep(60_000, undefined, { signal }) })`,
  ),
  'jobs/slow.job.mjs': job(
    `defineJob({ async run({ signal }) { console.log('begun'); await sleep(60_000, undefined, { signal }); } })`,
  ),
  'jobs/fast.job.mjs': job(`defineJob({ async run() { await sleep(50); return 'fast'; } })`),
  'jobs/slower.job.mjs': job(`defineJob({ async run() { await sleep(700); return 'slower'; } })`),
  'jobs/echo.job.mjs': job(`defineJob({ async run({ input, args, request, header }) {
    return { input: input ?? 'undefined', args, text: await request.text(), test: request.headers.get('test'), k: header('k'), user: header('user') };
  } })`),
  'jobs/shop.job.mjs': job(
    `defineJob({ input: z.object({ shop: z.string(), days: z.int().default(7) }), run: ({ input }) => input })`,
    `import { z } from 'zod';`,
  ),
};

const shop = () => createInstalled(files);
const value = ({ stdout }: Ended): unknown => JSON.parse(stdout);
const runsOf = ({ stdout }: Ended) => (JSON.parse(stdout) as { v: number; runs: Record<string, unknown>[] }).runs;

describe('one job', () => {
  test.each([[['--job=job1']], [['run', 'job1']], [['job1']], [['-job', 'job1']], [['run', 'Job1']]])(
    'EGO-1 %j runs it and ends',
    async (args) => {
      const cwd = await shop();
      expect(await onejob(args, { cwd })).toEqual({ code: 0, stdout: 'i am job1\n', stderr: '' });
    },
  );

  test('EGO-1 the process ends though the job left a timer behind', async () => {
    const cwd = await createInstalled({
      'jobs/x.job.mjs': job(`defineJob({ run() { setInterval(() => {}, 1_000); return 'done'; } })`),
    });
    expect(await onejob(['run', 'x'], { cwd })).toMatchObject({ code: 0, stdout: 'done\n' });
  });

  test('EGO-4, SJ-16 that fails ends with 1 and its error on stderr', async () => {
    const cwd = await createInstalled({
      ...files,
      'jobs/own.job.mjs': job(
        `defineJob({ run() { throw new JobError('USER_NOT_FOUND', 'there is no user 7', { data: { id: 7 }, level: 'info', retry: false }); } })`,
      ),
      'jobs/reject.job.mjs': job(`defineJob({ run: () => Promise.reject('just a text') })`),
    });
    const thrown = await onejob(['run', 'job2'], { cwd });
    expect(thrown).toMatchObject({ code: 1, stdout: '' });
    expect(thrown.stderr).toContain('onejob: job2 failed: i am error');
    expect(thrown.stderr).not.toContain('at ');
    const verbose = await onejob(['run', 'job2', '--verbose'], { cwd });
    expect(verbose.stderr).toMatch(/at .*job2\.job\.mjs/);
    const own = await onejob(['run', 'own'], { cwd });
    expect(own.code).toBe(1);
    expect(own.stderr).toContain('onejob: own failed: there is no user 7 (USER_NOT_FOUND)\n  data: {"id":7}');
    expect(await onejob(['run', 'reject'], { cwd })).toMatchObject({ code: 1 });
    expect(runsOf(await onejob(['run', 'own', '--json'], { cwd }))).toMatchObject([
      {
        job: 'own',
        state: 'failed',
        error: { code: 'USER_NOT_FOUND', message: 'there is no user 7', data: { id: 7 } },
      },
    ]);
  });

  test('EGO-4 that takes too long ends with 124', async () => {
    const cwd = await shop();
    const ended = await onejob(['run', 'late'], { cwd });
    expect(ended.code).toBe(124);
    expect(ended.stderr).toContain('late timed out');
    expect((await onejob(['run', '--timeout', '100ms', 'slow'], { cwd })).code).toBe(124);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('EGO-4 that is interrupted by %s ends with %i', async (signal, code) => {
    const cwd = await shop();
    const started = startOnejob(['run', 'slow'], { cwd });
    await started.said('begun');
    started.child.kill(signal);
    const ended = await started.ended;
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain(signal);
    const { stdout } = await onejob(['runs', 'list', '--json'], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ items: [{ state: 'cancelled', error: { code: 'RUN_INTERRUPTED' } }] });
  });

  test.each([
    ['waits for it', {}],
    ['was parked while it waits for it', { 'onejob.config.json': '{ "limits": { "parkAfter": "1ms" } }' }],
  ])('EGO-4 that is interrupted while its child runs is cancelled with it: its parent %s', async (_, more) => {
    const parent = `defineJob({ name: 'parent', run: ({ step }) => step.run('kid', kid) })`;
    const cwd = await createInstalled({
      ...more,
      'jobs/family.job.mjs': `
        import { defineJob } from 'onejob';
        import { writeFileSync } from 'node:fs';
        import { setTimeout as sleep } from 'node:timers/promises';
        const kid = defineJob({ name: 'kid', async run({ signal }) {
          writeFileSync('begun', '');
          await sleep(60_000, undefined, { signal });
        } });
        export default [kid, ${parent}];`,
    });
    const started = startOnejob(['run', 'parent'], { cwd });
    const parked = async () =>
      (await onejob(['runs', 'list', '--state', 'waiting'], { cwd })).stdout.includes('parent');
    await until('the child has begun', () => existsSync(join(cwd, 'begun')));
    if ('onejob.config.json' in more) await until('its parent is parked', parked);
    started.child.kill('SIGINT');
    const ended = await started.ended;
    expect(ended.stderr).toContain('SIGINT');
    expect(ended.code).toBe(130);
    const { stdout } = await onejob(['runs', 'list', '--json'], { cwd });
    const { items } = JSON.parse(stdout) as { items: { job: string; state: string; error: { code: string } }[] };
    expect(items.map(({ job, state }) => `${job} ${state}`).toSorted()).toEqual(['kid cancelled', 'parent cancelled']);
    expect(items.find(({ job }) => job === 'parent')?.error.code).toBe('RUN_INTERRUPTED');
  });

  test('EGO-4 a second signal ends a job that does not listen', async () => {
    const cwd = await createInstalled({
      'jobs/deaf.job.mjs': job(`defineJob({ async run() { console.log('begun'); await sleep(60_000); } })`),
    });
    const started = startOnejob(['run', 'deaf'], { cwd });
    await started.said('begun');
    started.child.kill('SIGINT');
    // The signals of one process may melt into one while the first is not yet handled.
    const again = setInterval(() => started.child.kill('SIGINT'), 100);
    const { code } = await started.ended;
    clearInterval(again);
    expect(code).toBe(130);
  });
});

describe('several jobs', () => {
  test('EGO-2 run concurrently, each result when it ends and under its name', async () => {
    const cwd = await shop();
    const ended = await onejob(['run', ' slower , fast,slower'], { cwd });
    expect(ended.code).toBe(0);
    expect(ended.stdout).toBe('==> fast <==\nfast\n==> slower <==\nslower\n');
    expect(ended.stderr).toMatch(/✓ fast succeeded in [\s\S]*✓ slower succeeded in /);
    const { stdout } = await onejob(['runs', 'list', '--json'], { cwd });
    const { items } = JSON.parse(stdout) as { items: { startedAt: string; finishedAt: string }[] };
    expect(items).toHaveLength(2);
    const lastBegin = Math.max(...items.map(({ startedAt }) => Date.parse(startedAt)));
    const firstEnd = Math.min(...items.map(({ finishedAt }) => Date.parse(finishedAt)));
    expect(lastBegin).toBeLessThan(firstEnd);
  });

  test('EGO-2 a failure of one does not stop the others, and the exit is 1', async () => {
    const cwd = await shop();
    const ended = await onejob(['--job=job2,slower'], { cwd });
    expect(ended.code).toBe(1);
    expect(ended.stdout).toBe('==> slower <==\nslower\n');
    expect(ended.stderr).toContain('onejob: job2 failed: i am error');
  });

  test('EGO-2 with --json are one document in the order of the names', async () => {
    const cwd = await shop();
    const ended = await onejob(['run', 'slower,job2,fast', '--json'], { cwd });
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      v: 1,
      runs: [
        { job: 'slower', state: 'succeeded', output: 'slower', trigger: 'cli' },
        { job: 'job2', state: 'failed', error: { code: 'JOB_FAILED', message: 'i am error' } },
        { job: 'fast', state: 'succeeded', output: 'fast' },
      ],
    });
  });

  test('EGO-2 each have the data and headers', async () => {
    const cwd = await createInstalled({ ...files, 'jobs/echo2.job.mjs': files['jobs/echo.job.mjs'] });
    const runs = runsOf(
      await onejob(['--job=echo,echo2', '--job-data={"a":1}', '--job-header=test=1', '--json'], { cwd }),
    );
    const output = { input: { a: 1 }, args: [], text: '{"a":1}', test: '1' };
    expect(runs).toMatchObject([
      { job: 'echo', output },
      { job: 'echo2', output },
    ]);
  });

  test('EGO-3 of which one is unknown: nothing runs', async () => {
    const cwd = await shop();
    const ended = await onejob(['run', 'job1,jbo2,fast'], { cwd });
    expect(ended).toMatchObject({ code: 3, stdout: '' });
    expect(ended.stderr).toContain('no job is called jbo2; did you mean job2?');
    expect(ended.stderr).toContain('known jobs: echo, fast, job1, job2, late, shop, slow, slower');
    const json = await onejob(['--job=jbo2', '--json'], { cwd });
    expect(json.code).toBe(3);
    expect(JSON.parse(json.stdout)).toMatchObject({ v: 1, error: { code: 'JOB_UNKNOWN', hint: expect.any(String) } });
    const flag = await onejob(['--job=job3'], { cwd }); // a letter away from the command `jobs`, but said to be a job
    expect(flag.stderr).toContain('no job is called job3; did you mean job');
    const { stdout } = await onejob(['runs', 'list'], { cwd });
    expect(stdout).toBe('');
  });

  test('EGO-24 of one name are refused with both places', async () => {
    const cwd = await createInstalled({
      'jobs/a.job.mjs': job(`defineJob({ name: 'send-mail', run() {} })`),
      'jobs/b.job.mjs': job(`defineJob({ name: 'SendMailJob', run() {} })`),
    });
    const ended = await onejob(['run', 'send-mail'], { cwd });
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/a\.job\.mjs:\d+.*b\.job\.mjs:\d+/);
  });
});

describe('what a job is given', () => {
  test('EGO-5 is the very text, parsed where it is JSON', async () => {
    const cwd = await shop();
    await writeFile(join(cwd, 'data.json'), '{ "from": "file" }\n');
    const given = async (...args: string[]) => value(await onejob(['run', 'echo', ...args], { cwd, stdin: '[1, 2]' }));
    expect(await given('--data', '{ "a": 1 }')).toMatchObject({ input: { a: 1 }, text: '{ "a": 1 }' });
    expect(await given('--data', 'plain 你好')).toMatchObject({ input: 'plain 你好', text: 'plain 你好' });
    expect(await given('--data', '@data.json')).toMatchObject({
      input: { from: 'file' },
      text: '{ "from": "file" }\n',
    });
    expect(await given('--data', '-')).toMatchObject({ input: [1, 2], text: '[1, 2]' });
    expect(await given('--data', '@@home')).toMatchObject({ input: '@home', text: '@home' });
    expect(await given('--job-data', '@data.json')).toMatchObject({ input: '@data.json', text: '@data.json' });
    expect(await given('--job-data', '-')).toMatchObject({ input: '-', text: '-' });
    expect(await given()).toMatchObject({ input: 'undefined', text: '' });
    await writeFile(join(cwd, 'deep.json'), '['.repeat(100_000) + ']'.repeat(100_000));
    const deep = await onejob(['run', 'echo', '--data', '@deep.json', '--json'], { cwd });
    expect(JSON.parse(deep.stdout)).toMatchObject({ error: { code: 'VALUE_REJECTED' } });
  });

  test('EGO-5 is refused where it does not fit the schema, each field by name', async () => {
    const cwd = await shop();
    const wrong = async (...args: string[]) => {
      const ended = await onejob(['run', 'shop', ...args], { cwd });
      expect(ended).toMatchObject({ code: 2, stdout: '' });
      return ended.stderr;
    };
    expect(await wrong('--data', 'nonsense')).toMatch(/the input of shop is not valid: .*not JSON/);
    expect(await wrong('--data', '{"shop":1,"days":"x"}')).toMatch(/shop: .*; days: /);
    expect(await wrong('--data', '@none.json')).toContain('--data @none.json cannot be read');
    expect(await wrong('--data', '{"shop":"a"}', '--days', '3')).toContain('the input of shop is given twice');
  });

  test('EGO-6, EGO-27 are headers, split at the first =, in Chinese too', async () => {
    const cwd = await shop();
    const header = async (...args: string[]) => value(await onejob(['--job=echo', ...args], { cwd }));
    expect(await header('--job-header=test=1;k=a=b')).toMatchObject({ test: '1', k: 'a=b' });
    expect(await header('--header', 'test: 1', '--header', 'k=x\\;y')).toMatchObject({ test: '1', k: 'x;y' });
    expect(await header('--job-header=user=张三')).toMatchObject({ user: '张三' });
    const wrong = await onejob(['--job=echo', '--job-header=test'], { cwd });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("'test' has no value");
  });

  test('EGO-19 is the trace of its header, in the run and in each log line', async () => {
    const cwd = await createInstalled({
      'jobs/x.job.mjs': job(`defineJob({ run({ log }) { log.info('working', { n: 1 }); } })`),
    });
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const header = `--job-header=traceparent=00-${trace}-b7ad6b7169203331-01`;
    const ended = await onejob(['--job=x', header, '--json', '--log-level', 'info'], { cwd });
    expect(runsOf(ended)).toMatchObject([{ traceId: trace }]);
    const lines = ended.stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ msg }) => msg)).toEqual(['run started', 'working', 'run ended']);
    for (const line of lines) expect(line).toMatchObject({ traceId: trace, job: 'x' });
    const [run] = runsOf(await onejob(['--job=x', '--json'], { cwd }));
    expect(run?.['traceId']).toMatch(/^[0-9a-f]{32}$/);
    expect(run?.['traceId']).not.toBe(trace);
  });

  test('GJ-3 are arguments, and fields in their order', async () => {
    const cwd = await shop();
    expect(value(await onejob(['run', 'echo', '--params', 'a;b\\;c;'], { cwd }))).toMatchObject({
      args: ['a', 'b;c', ''],
    });
    expect(value(await onejob(['run', 'shop', '--params', 'x;3'], { cwd }))).toEqual({ shop: 'x', days: 3 });
    const few = await onejob(['run', 'shop', '--params', ''], { cwd });
    expect(few.code).toBe(2);
    expect(few.stderr).toContain('shop: is missing');
  });

  test('GJ-4, GJ-14 are flags, ours before the name and the job’s behind it', async () => {
    const cwd = await createInstalled({
      'jobs/keep.job.mjs': job(
        `defineJob({ input: z.object({ store: z.string(), at: z.object({ day: z.int() }).optional() }), run: ({ input }) => input })`,
        `import { z } from 'zod';`,
      ),
    });
    const bare = await onejob(['run', 'keep', '--store', 'x'], { cwd });
    expect(bare.code).toBe(2);
    expect(bare.stderr).toContain("write --store before the job's name for onejob, or --input.store for the job");
    const ways = [
      ['run', 'keep', '--input.store', 'x', '--input.at.day=3'],
      ['run', '--store', 'memory:', 'keep', '--', '--store', 'x', '--input.at.day', '3'],
      ['keep', '--input.store=x', '--at', '{"day":3}', '--json', '--quiet'],
    ];
    for (const args of ways) {
      const ended = await onejob(args, { cwd });
      expect(ended.code).toBe(0);
      const [run] = args.includes('--json') ? runsOf(ended) : [{ output: value(ended) }];
      expect(run?.['output']).toEqual({ store: 'x', at: { day: 3 } });
    }
  });
});

describe('what a job says', () => {
  const talker = {
    'jobs/talker.job.mjs': job(`defineJob({ async run({ log, response }) {
      console.log('line 1\\nline 2');
      console.error('to stderr');
      log.warn('careful', { n: 1 });
      log.debug('details');
      response.write('i am ok');
      return { ignored: true };
    } })`),
  };

  test('EGO-7 is its answer on stdout and its log on stderr', async () => {
    const cwd = await createInstalled(talker);
    const ended = await onejob(['run', 'talker'], { cwd });
    expect(ended).toMatchObject({ code: 0, stdout: 'line 1\nline 2\ni am ok\n' });
    expect(ended.stderr).toMatch(/to stderr\n.*"level":"warn","msg":"careful".*"n":1/);
    expect(ended.stderr).not.toContain('details');
    const logs = await onejob(['runs', 'list', '--json'], { cwd });
    const [{ id }] = (JSON.parse(logs.stdout) as { items: [{ id: string }] }).items;
    const kept = await onejob(['runs', 'logs', id], { cwd });
    expect(kept.stdout).toMatch(/^line 1\nline 2\nto stderr\n.* WARN {2}careful n=1\n.* DEBUG details\n$/);
  });

  test('EGO-7 with --json leaves stdout to the document', async () => {
    const cwd = await createInstalled(talker);
    const ended = await onejob(['run', 'talker', '--json'], { cwd });
    expect(runsOf(ended)).toMatchObject([{ state: 'succeeded', output: { ignored: true } }]);
    expect(ended.stderr).toContain('line 1\nline 2\n');
  });

  test('EGO-7 goes to a reader who may leave', async () => {
    const cwd = await createInstalled({
      'jobs/many.job.mjs': job(`defineJob({ async run() {
        for (let n = 0; n < 20_000; n++) { console.log('line ' + n); if (n % 100 === 0) await sleep(1); }
        await import('node:fs').then((fs) => fs.writeFileSync('finished', 'yes'));
      } })`),
    });
    const started = startOnejob(['run', 'many'], { cwd });
    await started.said('line 10\n');
    started.child.stdout?.destroy();
    const ended = await started.ended;
    expect(ended.code).toBe(0);
    expect(ended.stderr).toBe('');
    expect(await readFile(join(cwd, 'finished'), 'utf8')).toBe('yes');
  });

  test('SJ-14 are the start and end of the run, one line each', async () => {
    const cwd = await shop();
    const ended = await onejob(['run', 'echo', '--params', 'a;b', '--log-level', 'info'], { cwd });
    const lines = ended.stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      { level: 'info', msg: 'run started', job: 'echo', run: expect.any(String), trigger: 'cli', args: ['a', 'b'] },
      { level: 'info', msg: 'run ended', job: 'echo', outcome: 'succeeded', durationMs: expect.any(Number) },
    ]);
  });

  test('GJ-13 comes between the hooks, in order', async () => {
    const cwd = await createInstalled({
      'onejob.config.mjs': `const say = (text) => process.stderr.write(text + '\\n');
        export default { hooks: {
          onStart: () => say('onStart'),
          beforeRun: ({ job }) => { say('beforeRun ' + job); if (job === 'barred') throw new Error('not today'); },
          afterRun: ({ job }, { state, error }) => say('afterRun ' + job + ' ' + state + ' ' + (error?.message ?? '')),
          onStop: () => say('onStop'),
        } };`,
      'jobs/ok.job.mjs': job(`defineJob({ run() { process.stderr.write('run\\n'); } })`),
      'jobs/barred.job.mjs': job(`defineJob({ run() { process.stderr.write('run\\n'); } })`),
    });
    expect((await onejob(['run', 'ok'], { cwd })).stderr).toBe(
      'onStart\nbeforeRun ok\nrun\nafterRun ok succeeded \nonStop\n',
    );
    const barred = await onejob(['run', 'barred'], { cwd });
    expect(barred.code).toBe(1);
    expect(barred.stderr.split('\n').filter((line) => !line.startsWith('{'))).toEqual([
      'onStart',
      'beforeRun barred',
      'afterRun barred failed not today',
      'onejob: barred failed: not today',
      'onStop',
      '',
    ]);
  });
});

describe('a key', () => {
  test('EGO-2, VT-5 gives the run that is there already', async () => {
    const cwd = await shop();
    const first = runsOf(await onejob(['run', 'fast', '--key', 'k', '--json'], { cwd }));
    const again = runsOf(await onejob(['run', 'fast', '--key', 'k', '--json'], { cwd }));
    expect(again[0]?.['id']).toBe(first[0]?.['id']);
    const other = await onejob(['run', 'job1', '--key', 'k'], { cwd });
    expect(other.code).toBe(4);
    expect(other.stderr).toContain('the key k belongs to a run of the job fast');
  });
});
