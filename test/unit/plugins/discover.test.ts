import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { discoverJobs } from '../../../src/plugins/discover.ts';
import { createProject } from '../../support/project.ts';

const head = `import { defineJob } from 'onejob';\n`;
const job = (name: string): string => `defineJob({ name: '${name}', run() {} })`;

test('GJ-1 the jobs of a folder are found, in JavaScript and in TypeScript, with their places', async () => {
  const folder = await createProject({
    'jobs/hello-world.job.ts': `${head}const n: number = 1;\nexport default defineJob({ summary: 'Say hello', run: () => n });\n`,
    'jobs/more/HelloMoon.job.mjs': `${head}\nexport default defineJob({ run() {} });\n`,
    'jobs/other.job.js': `${head}export default ${job('named-otherwise')};\n`,
  });
  const { jobs, problems } = await discoverJobs('jobs', folder);
  expect(problems).toEqual([]);
  expect(jobs.map(({ name, place }) => ({ name, place }))).toEqual([
    { name: 'hello-world', place: `${join(folder, 'jobs/hello-world.job.ts')}:3` },
    { name: 'HelloMoon', place: `${join(folder, 'jobs/more/HelloMoon.job.mjs')}:3` },
    { name: 'named-otherwise', place: `${join(folder, 'jobs/other.job.js')}:2` },
  ]);
});

test('GJ-1 a file may have several jobs: by default, in a list, and by name, each once', async () => {
  const folder = await createProject({
    'jobs/a.job.ts': `${head}export const one = ${job('one')};\nexport default [one, ${job('two')}];\nexport const three = ${job('three')};\nexport const notes = 'no job';\n`,
  });
  const { jobs } = await discoverJobs('jobs', folder);
  expect(jobs.map(({ name }) => name).toSorted()).toEqual(['one', 'three', 'two']);
});

test('GJ-1 a file without a job, one that throws and one with a mistake are named with their line; the others work', async () => {
  const folder = await createProject({
    'jobs/fine.job.ts': `${head}export default ${job('fine')};\n`,
    'jobs/no-default.job.ts': `${head}void ${job('lost')};\n`,
    'jobs/throws.job.ts': `${head}export default ${job('throws')};\nfunction boot(): never {\n  throw new Error('no luck');\n}\nboot();\n`,
    'jobs/throws-js.job.mjs': `${head}throw new TypeError('no luck either');\n`,
    'jobs/syntax.job.ts': `${head}\nexport default defineJob({ name: , run() {} });\n`,
    'jobs/syntax-js.job.mjs': `${head}\nexport default defineJob({ name: , run() {} });\n`,
    'jobs/bad-job.job.ts': `${head}export default defineJob({ name: 'bad job', run() {} });\n`,
    'jobs/bad name.job.ts': `${head}export default defineJob({ run() {} });\n`,
    'jobs/typo.job.ts': `import { defineJobb } from 'onejob';\nexport default defineJobb({ run() {} });\n`,
    'jobs/import.job.mjs': `${head}import other from 'not-installed';\nexport default defineJob({ run: other });\n`,
    'jobs/relative.job.ts': `${head}\nimport { x } from '../lib/x.ts';\nexport default defineJob({ run: x });\n`,
    'jobs/thrown-text.job.mjs': `throw 'just a text';\n`,
    'lib/boot.ts': `export function boot(): never {\n  throw new Error('from below');\n}\n`,
    'jobs/deep.job.ts': `import { boot } from '../lib/boot.ts';\nboot();\n`,
  });
  const { jobs, problems } = await discoverJobs('jobs', folder);
  expect(jobs.map(({ name }) => name)).toEqual(['fine']);
  const shown = problems.map(({ file, line, message }) => [file.slice(folder.length + 6), line, message]);
  expect(Object.fromEntries(shown.map(([file, ...rest]) => [file, rest]))).toEqual({
    'no-default.job.ts': [null, 'no job in it: export default defineJob({ … })'],
    'throws.job.ts': [4, 'no luck'],
    'throws-js.job.mjs': [2, 'no luck either'],
    'syntax.job.ts': [3, expect.stringMatching(/^syntax error: /)],
    'syntax-js.job.mjs': [3, expect.stringMatching(/^syntax error: Unexpected token/)],
    'bad-job.job.ts': [2, expect.stringContaining('"bad job"')],
    'bad name.job.ts': [null, expect.stringContaining('"bad name"')],
    'typo.job.ts': [2, 'defineJobb is not a function'],
    'import.job.mjs': [2, expect.stringContaining("'not-installed'")],
    'relative.job.ts': [3, expect.stringContaining('x.ts')],
    'thrown-text.job.mjs': [null, 'threw "just a text"'],
    'deep.job.ts': [2, `from below (${join(folder, 'lib/boot.ts')}:2:9)`],
  });
});

test('the default folder need not be there, a named one must', async () => {
  const folder = await createProject({});
  expect(await discoverJobs(undefined, folder)).toEqual({ jobs: [], problems: [] });
  await expect(discoverJobs('jobs', folder)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});

test('the place of a job is right in a folder with blanks and brackets in its name', async () => {
  const folder = await createProject({
    'my jobs (new)/a.job.mjs': `${head}export default defineJob({ run() {} });\n`,
    'my jobs (new)/b.job.ts': `${head}\nexport default defineJob({ run() {} });\n`,
    'my jobs (new)/c.job.mjs': `${head}throw new Error('no luck');\n`,
  });
  const { jobs, problems } = await discoverJobs('my jobs (new)', folder);
  expect(jobs.map(({ place }) => place)).toEqual([
    `${join(folder, 'my jobs (new)/a.job.mjs')}:2`,
    `${join(folder, 'my jobs (new)/b.job.ts')}:3`,
  ]);
  expect(problems).toMatchObject([{ line: 2, message: 'no luck' }]);
});

test('transformed files are kept in the project, wherever the command is called', async () => {
  const folder = await createProject({
    'package.json': '{}',
    'jobs/a.job.ts': `${head}enum Kind { one = 1 }\nexport default defineJob({ run: () => Kind.one });\n`,
    'docs/notes.md': '',
  });
  const { jobs } = await discoverJobs(join(folder, 'jobs'), join(folder, 'docs'));
  expect(jobs).toHaveLength(1);
  expect(existsSync(join(folder, '.onejob', 'cache'))).toBe(true);
  expect(existsSync(join(folder, 'docs', '.onejob'))).toBe(false);
});

test('a job of another copy of onejob is a job', async () => {
  const folder = await createProject({
    'jobs/foreign.job.mjs': `export default { [Symbol.for('onejob.job')]: true, name: 'foreign', place: 'x:1', run() {} };\n`,
  });
  const { jobs } = await discoverJobs(undefined, folder);
  expect(jobs.map(({ name }) => name)).toEqual(['foreign']);
});
