import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { openFolder } from '../support/folder.ts';
import { createInstalled, onejob } from '../support/onejob.ts';
import { postgresUrl, uniqueName } from '../support/servers.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('a job file and the command line have one copy of onejob between them', async () => {
  const cwd = await createInstalled({
    'jobs/one-copy.job.js': `
      import { defineJob, OnejobError } from 'onejob';
      import { main } from 'onejob/cli';
      export default defineJob({
        async run({ step }) {
          console.log('caught by the run');
          await step('once', () => 1);
          const error = await step('once', () => 2).catch((error) => error);
          return { isOurs: error instanceof OnejobError, code: error.code, main: typeof main };
        },
      });
    `,
  });
  const ended = await onejob(['run', 'one-copy', '--json'], { cwd });
  expect(ended).toMatchObject({ code: 0 });
  const { runs } = JSON.parse(ended.stdout) as { runs: { id: string; output: unknown }[] };
  expect(runs[0]?.output).toEqual({ isOurs: true, code: 'STEP_REPEATED', main: 'function' });
  const logs = await onejob(['runs', 'logs', runs[0]?.id ?? ''], { cwd });
  expect(logs.stdout).toContain('caught by the run');
});

test('GJ-1 a job knows its place, and a mistake in its file is named with its line', async () => {
  const define = `import { defineJob } from 'onejob';\n`;
  const cwd = await createInstalled({
    'jobs/fine.job.js': `${define}\nexport default defineJob({ run() {} });\n`,
    'jobs/bad-job.job.js': `${define}\n\nexport default defineJob({ name: 'bad job', run() {} });\n`,
    'jobs/bad name.job.js': `${define}export default defineJob({ run() {} });\n`,
    'jobs/enum.job.ts': `${define}enum E { a }\nexport default defineJob({ name: 'x y', run: () => E.a });\n`,
  });
  const { stdout, stderr } = await onejob(['list', '--json'], { cwd });
  const { items } = JSON.parse(stdout) as { items: { name: string; place: string }[] };
  expect(items).toMatchObject([{ name: 'fine', place: `${join(cwd, 'jobs/fine.job.js')}:3` }]);
  expect(stderr).toContain('bad-job.job.js:4');
  expect(stderr).toMatch(/bad name\.job\.js[^\d]*:? .*"bad name"/);
  expect(stderr).toContain('enum.job.ts:3');
});

test('every door of the package opens, and has its types', async () => {
  const cwd = await createInstalled({});
  const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { types: string; default: string }>;
  };
  for (const [path, target] of Object.entries(exports)) {
    if (typeof target === 'string') continue;
    const open = `console.log(Object.keys(await import('${join('onejob', path)}')).length)`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', open], { cwd });
    expect(Number(stdout), path).toBeGreaterThan(0);
    expect(await readFile(join(root, target.types), 'utf8'), path).toContain('export');
  }
});

test('the thread that heartbeats for a worker on PostgreSQL starts from the bundle', async () => {
  const store = `${postgresUrl()}?schema=${uniqueName('bundle')}`;
  const cwd = await createInstalled({
    'heartbeat.mjs': `
      import { createApp } from 'onejob';
      import { openPostgresStore } from 'onejob/postgres';
      const url = process.argv[2];
      const app = createApp({ jobs: [], store: url, limits: { lease: '1s' } });
      await app.start();
      const store = await openPostgresStore({ url });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5_000); // only a thread can heartbeat meanwhile
      const [worker] = await store.workers();
      console.log(worker.heartbeat > 0);
      await Promise.all([app.stop(), store.close()]);
    `,
  });
  const { stdout } = await promisify(execFile)(process.execPath, ['heartbeat.mjs', store], { cwd });
  expect(stdout).toBe('true\n');
});

test('the launcher of a clone that is not built says what to do', async () => {
  const folder = await openFolder();
  await mkdir(join(folder, 'bin'));
  await copyFile(join(root, 'bin/onejob.js'), join(folder, 'bin/onejob.js'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  const ended = await onejob(['--help'], { cwd: folder, program: join(folder, 'bin/onejob.js') });
  expect(ended).toMatchObject({ code: 2, stdout: '' });
  expect(ended.stderr).toContain('npm run build');
});
