import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createInstalled, onejob, startOnejob } from '../support/onejob.ts';

const files = {
  'jobs/hello-world.job.mjs': `
    import { defineJob } from 'onejob';
    export default defineJob({ summary: 'Says hello', run: () => 'hello' });`,
  'jobs/report.job.mjs': `
    import { defineJob } from 'onejob';
    import { z } from 'zod';
    export default defineJob({
      summary: 'Sends the report',
      details: 'To whoever wants it.',
      examples: ['onejob run report ann --days 7'],
      input: z.object({ to: z.string().describe('who gets it'), days: z.int().default(7).describe('how many') }),
      cli: { positional: ['to'], short: { days: 'd' } },
      retry: { attempts: 3, delay: '5s' },
      run: ({ input }) => input,
    });`,
  'jobs/bad/broken.job.mjs': `import { defineJob } from 'onejob';\nexport default defineJob({ run( { });\n`,
  'jobs/bad/empty.job.mjs': `export const x = 1;\n`,
};

const shop = () => createInstalled(files);
const parsed = ({ stdout }: { stdout: string }) => JSON.parse(stdout) as Record<string, unknown>;

describe('jobs', () => {
  test('GJ-1 are found in their files; files that give none are named', async () => {
    const cwd = await shop();
    const ended = await onejob(['list'], { cwd });
    expect(ended.code).toBe(0);
    expect(ended.stdout).toBe(
      'hello-world\tSays hello\tjobs/hello-world.job.mjs:3\t\nreport\tSends the report\tjobs/report.job.mjs:4\t\n',
    );
    expect(ended.stderr).toMatch(/^onejob: jobs\/bad\/broken\.job\.mjs:\d+.*syntax error/m);
    expect(ended.stderr).toMatch(/^onejob: jobs\/bad\/empty\.job\.mjs: .*no job/m);
    for (const name of ['HelloWorld', 'hello-world', 'HelloWorldJob']) {
      expect(await onejob(['run', name], { cwd })).toMatchObject({ code: 0, stdout: 'hello\n' });
    }
  });

  test('GJ-1 as JSON have the schema of their input', async () => {
    const cwd = await shop();
    expect(parsed(await onejob(['jobs', 'list', '--json'], { cwd }))).toMatchObject({
      v: 1,
      items: [
        { name: 'hello-world', input: null },
        { name: 'report', input: { type: 'object' } },
      ],
      next: null,
    });
    expect(parsed(await onejob(['show', 'Report', '--json'], { cwd }))).toMatchObject({
      v: 1,
      name: 'report',
      retry: { attempts: 3, delayMs: 5_000 },
    });
  });

  test('GJ-4, GJ-6 have a page of their own', async () => {
    const cwd = await shop();
    for (const args of [
      ['run', 'report', '--help'],
      ['report', '--help'],
      ['help', 'report'],
      ['show', 'report'],
    ]) {
      const { code, stdout } = await onejob(args, { cwd });
      expect(code).toBe(0);
      expect(stdout).toContain('report: Sends the report');
      expect(stdout).toContain('To whoever wants it.');
      expect(stdout.indexOf('onejob run report ann --days 7')).toBeLessThan(stdout.indexOf('Usage'));
      expect(stdout).toMatch(/-d, --days <whole number> +how many \(default 7\)/);
      expect(stdout).toMatch(/--to <text> +who gets it \(required\)/);
    }
    expect((await onejob(['show', 'report'], { cwd })).stdout).toMatch(/retry +3 attempts, 5 s apart/);
  });

  test('GJ-6 are suggested beside commands', async () => {
    const cwd = await shop();
    const job = await onejob(['reprot'], { cwd });
    expect(job).toMatchObject({ code: 3, stdout: '' });
    expect(job.stderr).toContain('did you mean report?');
    const command = await onejob(['lits'], { cwd });
    expect(command.code).toBe(3);
    expect(command.stderr).toContain('did you mean onejob list?');
  });
});

test('SJ-15 what only looks at a job opens none of its services', async () => {
  const cwd = await createInstalled({
    'services.mjs': `
      import { writeFileSync } from 'node:fs';
      import { defineServices, service } from 'onejob';
      export const { defineJob } = defineServices({ db: service(() => writeFileSync('opened', '')) });`,
    'jobs/needs.job.mjs': `
      import { z } from 'zod';
      import { defineJob } from '../services.mjs';
      export default defineJob({ summary: 'Needs it', input: z.object({ n: z.int() }), run: () => 'done' });`,
  });
  for (const args of [
    ['list'],
    ['show', 'needs'],
    ['needs', '--help'],
    ['needs', '--n', 'x'],
    ['enqueue', 'needs', '--n', '1'],
  ]) {
    expect((await onejob(args, { cwd })).code).toBe(args.includes('x') ? 2 : 0);
  }
  expect(existsSync(join(cwd, 'opened'))).toBe(false);
  expect(await onejob(['needs', '--n', '1'], { cwd })).toMatchObject({ code: 0, stdout: 'done\n' });
  expect(existsSync(join(cwd, 'opened'))).toBe(true);
});

describe('help and version', () => {
  test('GJ-6 open nothing', async () => {
    const cwd = await createInstalled({ 'onejob.config.json': 'not json' });
    for (const args of [
      ['--help'],
      ['help'],
      [],
      ['-h'],
      ['help', 'runs', 'list'],
      ['runs'],
      ['runs', 'list', '--help'],
    ]) {
      const ended = await onejob(args, { cwd });
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      expect(ended.stdout).toMatch(/Examples\n {2}(ONEJOB_STORE=\S+ )?onejob /);
    }
    const version = await onejob(['version'], { cwd });
    expect(version.stdout).toMatch(/^shop 1\.2\.3\nonejob \d+\.\d+\.\d+\nnode \d+/);
    expect(parsed(await onejob(['version', '--json'], { cwd }))).toMatchObject({
      v: 1,
      project: { name: 'shop', version: '1.2.3' },
      onejob: expect.any(String),
    });
    expect((await onejob(['--version'], { cwd })).code).toBe(0);
  });

  test('say what is wrong with a command line, exit 2', async () => {
    const cwd = await shop();
    const wrong = async (...args: string[]) => {
      const ended = await onejob(args, { cwd });
      expect(ended).toMatchObject({ code: 2, stdout: '' });
      return ended.stderr;
    };
    expect(await wrong('runs', 'list', '--limt', '3')).toBe(
      'onejob: onejob runs list has no flag --limt; did you mean --limit?\n  onejob runs list --help lists the flags\n',
    );
    expect(await wrong('runs', 'show')).toContain('onejob runs show needs <run>');
    expect(await wrong('list', 'x')).toContain("onejob list takes no words: what is 'x'?");
    expect(await wrong('run')).toContain('onejob run needs the name of a job');
    expect(await wrong('report', 'ann', '--dayz', '3')).toContain('report has no flag --dayz; did you mean --days?');
    expect(await wrong('completion', 'basch')).toContain('did you mean bash?');
    const json = await onejob(['runs', 'show', '--json'], { cwd });
    expect(json.code).toBe(2);
    expect(parsed(json)).toEqual({
      v: 1,
      error: { code: 'USAGE', message: 'onejob runs show needs <run>', hint: expect.any(String) },
    });
  });

  test('complete commands, jobs and their flags', async () => {
    const cwd = await shop();
    const words = async (...args: string[]) => {
      const { stdout } = await onejob(['__complete', '--', ...args], { cwd });
      return stdout
        .trim()
        .split('\n')
        .map((line) => line.split('\t')[0]);
    };
    expect(await words('run', '')).toEqual(['hello-world', 'report']);
    expect(await words('report', '--d')).toEqual(['--days', '--data', '--delay', '--detach', '--debug-port']);
    expect(await words('runs', 'l')).toEqual(['list', 'logs']);
    expect((await onejob(['completion', 'bash'], { cwd })).stdout).toContain('complete -F _onejob onejob');
  });
});

describe('the configuration', () => {
  test('EGO-20 is shown with the origin of each value, secrets masked', async () => {
    const cwd = await createInstalled({
      'c.toml': 'concurrency = 3\nstore = "sqlite:file.db"\n[http]\ntoken = "geheim"\n',
    });
    const env = { ONEJOB_STORE: 'memory:' };
    const ended = await onejob(['config', '--config', 'c.toml', '--node', 'n1'], { cwd, env });
    expect(ended.code).toBe(0);
    const rows = new Map(
      ended.stdout
        .trim()
        .split('\n')
        .map((line) => [line.split('\t')[0], line.split('\t').slice(1)]),
    );
    expect(rows.get('node')).toEqual(['n1', expect.stringContaining('--node')]);
    expect(rows.get('store')).toEqual(['memory:', expect.stringContaining('ONEJOB_STORE')]);
    expect(rows.get('concurrency')).toEqual(['3', expect.stringContaining('c.toml')]);
    expect(rows.get('timezone')?.[1]).toBe('default');
    expect(ended.stdout).not.toContain('geheim');
    expect(parsed(await onejob(['config', '--config=c.toml', '--json'], { cwd }))).toMatchObject({
      v: 1,
      values: expect.any(Array),
    });
  });

  test('EGO-20 that is missing or wrong ends with 2', async () => {
    const cwd = await createInstalled({ 'c.json': '{"concurency": 3}' });
    expect(await onejob(['run', 'x', '-config=none.toml'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('none.toml'),
    });
    const wrong = await onejob(['list', '--config', 'c.json'], { cwd });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/concurency.*concurrency/);
  });
});

describe('doctor', () => {
  test('finds what is in order and what is not', async () => {
    const cwd = await shop();
    expect((await onejob(['doctor'], { cwd })).stdout).toMatch(/ok +store +there is no schema yet/);
    await onejob(['db', 'migrate'], { cwd });
    const ill = await onejob(['doctor'], { cwd });
    expect(ill.code).toBe(2);
    expect(ill.stdout).toMatch(/ok +node/);
    expect(ill.stdout).toMatch(/ok +jobs +2 jobs/);
    expect(ill.stdout).toMatch(/fail +jobs +jobs\/bad\/broken\.job\.mjs/);
    expect(ill.stdout).toMatch(/ok +store +can be written/);
    const well = await onejob(['doctor', '--jobs', 'jobs/report.job.mjs'], { cwd });
    expect(well.code).toBe(0);
    const away = await onejob(
      ['doctor', '--store', 'sqlite:/proc/no/onejob.db', '--json', '--jobs=jobs/report.job.mjs'],
      { cwd },
    );
    expect(away.code).toBe(5);
    expect(parsed(away)).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ grade: 'fail', about: 'store' })]),
    });
  });
});

describe('runs', () => {
  const slow = {
    'jobs/fast.job.mjs': `import { defineJob } from 'onejob'; export default defineJob({ run: () => ({ n: 1 }) });`,
    'jobs/bad.job.mjs': `import { defineJob } from 'onejob'; export default defineJob({ run() { throw new Error('no'); } });`,
    'jobs/steps.job.mjs': `import { defineJob } from 'onejob';
      export default defineJob({ async run({ step, log }) {
        log.info('first');
        const a = await step('add', () => 2);
        const ok = await step.wait('approved', { timeout: '1h' });
        return { a, ok };
      } });`,
  };

  test('are listed newest first, filtered, and page by page', async () => {
    const cwd = await createInstalled(slow);
    for (const name of ['fast', 'bad', 'fast']) await onejob(['run', name], { cwd });
    const list = async (...args: string[]) => {
      const ended = await onejob(['runs', 'list', '--json', ...args], { cwd });
      expect(ended.code).toBe(0);
      return parsed(ended) as { items: { job: string; state: string }[]; next: string | null };
    };
    expect((await list()).items.map(({ job }) => job)).toEqual(['fast', 'bad', 'fast']);
    expect((await list('--job', 'Fast')).items).toHaveLength(2);
    expect((await list('--state', 'failed,cancelled')).items.map(({ job }) => job)).toEqual(['bad']);
    expect((await list('--trigger', 'http')).items).toEqual([]);
    expect((await list('--since', '1h')).items).toHaveLength(3);
    expect((await list('--since', '2999-01-01')).items).toEqual([]);
    const page = await list('--limit', '2');
    expect(page.items).toHaveLength(2);
    expect((await list('--limit', '2', '--cursor', page.next ?? '')).items).toHaveLength(1);
    const plain = await onejob(['runs', 'list'], { cwd });
    const [first = ''] = plain.stdout.split('\n');
    expect(first.split('\t').slice(1, 4)).toEqual(['fast', 'succeeded', 'cli']);
    expect((await onejob(['runs', 'list', '--state', 'done'], { cwd })).code).toBe(2);
    expect((await onejob(['runs', 'list', '--limit', '10001'], { cwd })).code).toBe(2);
  });

  test('are found by id, by its end and by key', async () => {
    const cwd = await createInstalled(slow);
    const { stdout } = await onejob(['run', 'fast', '--key', 'mine', '--json'], { cwd });
    const [{ id }] = (JSON.parse(stdout) as { runs: [{ id: string }] }).runs;
    for (const ref of [id, id.slice(-8), id.slice(-6), 'mine']) {
      expect(parsed(await onejob(['runs', 'show', ref, '--json'], { cwd }))).toMatchObject({ v: 1, id, steps: [] });
    }
    const page = await onejob(['runs', 'show', 'mine'], { cwd });
    expect(page.stdout).toContain('fast  ✓ succeeded');
    expect(page.stdout).toContain(id);
    const unknown = await onejob(['runs', 'show', 'nothing'], { cwd });
    expect(unknown).toMatchObject({ code: 3, stdout: '' });
    expect((await onejob(['runs', 'wait', 'mine'], { cwd })).stdout).toBe('{"n":1}\n');
  });

  test('that wait are left waiting by Ctrl-C, can be waited for and cancelled', async () => {
    const cwd = await createInstalled(slow);
    const started = startOnejob(['run', 'steps', '--key', 'k'], { cwd });
    await started.said('steps waits for');
    started.child.kill('SIGINT');
    const left = await started.ended;
    expect(left.code).toBe(75);
    expect(left.stderr).toContain('onejob runs wait');
    expect(parsed(await onejob(['runs', 'show', 'k', '--json'], { cwd }))).toMatchObject({
      state: 'waiting',
      steps: [{ key: 'add', state: 'succeeded', output: 2 }, { state: 'running' }],
    });
    const waited = await onejob(['runs', 'wait', 'k', '--timeout', '200ms'], { cwd });
    expect(waited.code).toBe(75);
    expect((await onejob(['runs', 'logs', 'k'], { cwd })).stdout).toContain('first');
    expect((await onejob(['runs', 'cancel', 'k', '--reason', 'enough'], { cwd })).code).toBe(0);
    const after = await onejob(['runs', 'wait', 'k'], { cwd });
    expect(after.code).toBe(1);
    expect(after.stderr).toContain('enough');
    expect((await onejob(['runs', 'cancel', 'k'], { cwd })).code).toBe(4);
  });

  test('may be left to a worker: only the id is printed', async () => {
    const cwd = await createInstalled(slow);
    for (const args of [
      ['run', 'fast', '--detach'],
      ['enqueue', 'fast', '--delay', '1h'],
      ['enqueue', 'fast', '--data', '{"a":1}', '--priority', '5'],
    ]) {
      const ended = await onejob(args, { cwd });
      expect(ended.code).toBe(0);
      expect(ended.stdout).toMatch(/^[0-9a-f-]{36}\n$/);
      expect(parsed(await onejob(['runs', 'show', ended.stdout.trim(), '--json'], { cwd }))).toMatchObject({
        state: 'queued',
        trigger: 'cli',
      });
    }
  });

  test('of a killed process are named with what can be done', async () => {
    const cwd = await createInstalled({
      'jobs/slow.job.mjs': `import { defineJob } from 'onejob';
        export default defineJob({ async run() { console.log('begun'); await new Promise((r) => setTimeout(r, 60_000)); } });`,
    });
    const started = startOnejob(['run', 'slow'], { cwd });
    await started.said('begun');
    started.child.kill('SIGKILL');
    await started.ended;
    const { code, stderr } = await onejob(['runs', 'list'], { cwd });
    expect(code).toBe(0);
    expect(stderr).toMatch(/note: slow was left by a process that died.*onejob runs wait .*onejob runs cancel/);
  });
});
