import { symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { findJobFiles } from '../../../src/plugins/find-files.ts';
import { createProject } from '../../support/project.ts';

async function find(place: string, files: readonly string[]): Promise<string[]> {
  const folder = await createProject(Object.fromEntries(files.map((file) => [file, ''])));
  return (await findJobFiles(place, folder)).map((file) => relative(folder, file));
}

test('of a folder, the job files at any depth, sorted', async () => {
  const files = ['jobs/b.job.ts', 'jobs/a.job.mjs', 'jobs/deep/er/c.job.mts', 'jobs/d.job.js', 'other/e.job.ts'];
  expect(await find('jobs', files)).toEqual([
    'jobs/a.job.mjs',
    'jobs/b.job.ts',
    'jobs/d.job.js',
    'jobs/deep/er/c.job.mts',
  ]);
});

test('what is no job file is not looked at', async () => {
  const files = [
    'jobs/a.job.ts',
    'jobs/a.job.test.ts',
    'jobs/a.test.job.ts',
    'jobs/a.job.d.ts',
    'jobs/a.job.ts~',
    'jobs/.#a.job.ts',
    'jobs/#a.job.ts#',
    'jobs/a.job.ts.bak',
    'jobs/.git/b.job.ts',
    'jobs/node_modules/x/c.job.ts',
    'jobs/lib.ts',
    'jobs/readme.md',
  ];
  expect(await find('jobs', files)).toEqual(['jobs/a.job.ts']);
});

test.each([
  ['src/*.ts', ['src/a.ts', 'src/b.job.ts']],
  ['src/**/*.job.ts', ['src/b.job.ts', 'src/x/c.job.ts', 'src/x/y/d.job.ts']],
  ['src/*/c.job.ts', ['src/x/c.job.ts']],
  ['./src/x/**', ['src/x/c.job.ts', 'src/x/y/d.job.ts']],
  ['src/{a,x/c.job}.ts', ['src/a.ts', 'src/x/c.job.ts']],
  ['src/?.ts', ['src/a.ts']],
  ['**/d.job.{ts,js}', ['src/x/y/d.job.ts']],
])('the pattern %s matches %j', async (pattern, expected) => {
  const files = ['src/a.ts', 'src/b.job.ts', 'src/a.test.ts', 'src/x/c.job.ts', 'src/x/y/d.job.ts', 'src/x/notes.md'];
  expect(await find(pattern, files)).toEqual(expected);
});

test('a file stands for itself, whatever it is called', async () => {
  expect(await find('tasks.mjs', ['tasks.mjs', 'jobs/a.job.ts'])).toEqual(['tasks.mjs']);
});

test('a folder whose name has wildcards in it is a folder', async () => {
  expect(await find('{old}', ['{old}/a.job.ts'])).toEqual(['{old}/a.job.ts']);
  expect(await find('{old}/jobs', ['{old}/jobs/*.job.ts'])).toEqual(['{old}/jobs/*.job.ts']);
});

test('linked folders are followed, and a circle of them ends', async () => {
  const folder = await createProject({ 'jobs/a.job.ts': '', 'shared/b.job.ts': '' });
  await symlink(join(folder, 'shared'), join(folder, 'jobs', 'shared'));
  await symlink(join(folder, 'jobs'), join(folder, 'shared', 'back'));
  await symlink(join(folder, 'nowhere'), join(folder, 'jobs', 'dangling.job.ts'));
  const found = await findJobFiles('jobs', folder);
  expect(found.map((file) => relative(folder, file))).toEqual(['jobs/a.job.ts', 'jobs/shared/b.job.ts']);
});

test('a named place that is not there is refused', async () => {
  await expect(find('tasks', [])).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/there is no folder or file .*\/tasks to read jobs from/) as string,
  });
  await expect(find('src/*.ts', ['src/a.md'])).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('no file matches src/*.ts') as string,
  });
  await expect(find('jobs.txt', ['jobs.txt'])).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});
