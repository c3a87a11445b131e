import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFiles } from '../../../../examples/01-access-log/src/find-files.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onejob-find-files-'));
  await mkdir(join(folder, 'site'));
  await mkdir(join(folder, 'empty'));
  await mkdir(join(folder, '.hidden'));
  for (const name of ['b.log', 'a.log', 'a.log.1.gz', 'a[1].log', 'site/c.log', '.hidden/d.log', '.e.log']) {
    await writeFile(join(folder, name), name);
  }
  await symlink(join(folder, 'gone'), join(folder, 'dangling.log'));
});
afterAll(() => rm(folder, { recursive: true }));

async function found(path: string): Promise<string[]> {
  return (await findFiles(join(folder, path))).map(({ file }) => relative(folder, file));
}

describe('findFiles', () => {
  test('finds one file and its size', async () => {
    const file = join(folder, 'a.log');
    expect(await findFiles(file)).toEqual([{ file, size: 5 }]);
  });

  test('finds all below a folder, by name, but hidden ones and links that lead nowhere', async () => {
    expect(await found('.')).toEqual(['a.log', 'a.log.1.gz', 'a[1].log', 'b.log', 'site/c.log']);
  });

  test.each([
    ['a.log*', ['a.log', 'a.log.1.gz']],
    ['*', ['a.log', 'a.log.1.gz', 'a[1].log', 'b.log']],
    ['**/*.log', ['a.log', 'a[1].log', 'b.log', 'site/c.log']],
    ['{b,site/c}.log', ['b.log', 'site/c.log']],
    ['[ab].log', ['a.log', 'b.log']],
  ])('finds what matches %s', async (pattern, names) => {
    expect(await found(pattern)).toEqual(names);
  });

  test('names the files as they were asked for', async () => {
    const here = relative(process.cwd(), folder);
    expect(await findFiles(join(folder, 'b*'))).toEqual([{ file: join(folder, 'b.log'), size: 5 }]);
    expect(await findFiles(join(here, 'b*'))).toEqual([{ file: join(here, 'b.log'), size: 5 }]);
    expect(await findFiles(join(here, 'site'))).toEqual([{ file: join(here, 'site/c.log'), size: 10 }]);
  });

  test('takes a path that exists as it stands, brackets and all', async () => {
    expect(await found('a[1].log')).toEqual(['a[1].log']);
  });

  test.each(['none.log', 'empty', 'a.log/x', '*.txt', 'none/*.log', 'si*'])('finds nothing at %s', async (path) => {
    expect(await findFiles(join(folder, path))).toEqual([]);
  });
});
