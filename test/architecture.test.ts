import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { checkArchitecture, known } from './support/architecture.ts';
import { readHouse } from './support/house.ts';
import { createProject } from './support/project.ts';

test('the house stands: floors, circles, sizes and names', async () => {
  const src = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src');
  expect(checkArchitecture(await readHouse(src), known)).toEqual([]);
});

describe('the check of the house', () => {
  async function check(files: Record<string, string>): Promise<string[]> {
    return checkArchitecture(await readHouse(await createProject(files)));
  }

  test('accepts an empty house', async () => {
    expect(await check({})).toEqual([]);
  });

  test('accepts what points down', async () => {
    const findings = await check({
      'index.ts': "export { createApp } from './app/app.ts';\nexport type { Job } from './job/job.ts';\n",
      'cli/main.ts': "const { serve } = await import('../http/server.ts');\nserve();\n",
      'http/server.ts': "export { createApp as serve } from '../app/app.ts';\n",
      'app/app.ts': "import { open } from '../adapters/sqlite/open.ts';\nexport const createApp = open;\n",
      'adapters/sqlite/open.ts': "export { claim as open } from '../sql/claim.ts';\n",
      'adapters/sql/claim.ts':
        "import type { Job } from '../../job/job.ts';\nexport const claim = (job: Job) => job;\n",
      'job/job.ts': "import type { Readable } from 'node:stream';\nexport interface Job { at: Date; s: Readable }\n",
      'std/thread.ts':
        "import { Worker } from 'node:worker_threads';\nexport const open = (url: URL) => new Worker(url);\n",
      'testing/suite.ts': "export * from '../app/app.ts';\n",
    });
    expect(findings).toEqual([]);
  });

  test.each([
    ['a floor above', { 'std/a.ts': "import { b } from '../job/b.ts';\nb();\n" }, 'std/a.ts:1 imports job/b.ts'],
    [
      'a type from a floor above',
      { 'job/a.ts': "import type { B } from '../app/b.ts';\n" },
      'job/a.ts:1 imports app/b.ts',
    ],
    ['a type query of a floor above', { 'job/a.ts': "export type B = import('../app/b.ts').B;\n" }, 'imports app/b.ts'],
    ['a re-export from a floor above', { 'job/a.ts': "export * from '../app/b.ts';\n" }, 'imports app/b.ts'],
    ['a lazy import of a floor above', { 'app/a.ts': "await import('../http/b.ts');\n" }, 'http is a floor above app'],
    ['a sibling', { 'engine/a.ts': "import '../adapters/sqlite/b.ts';\n" }, 'engine and adapters are siblings'],
    ['a face beside', { 'http/a.ts': "import '../dashboard/b.ts';\n" }, 'http and dashboard are siblings'],
    ['another adapter', { 'adapters/mysql/a.ts': "import '../postgres/b.ts';\n" }, 'no other adapter'],
    ['an adapter from sql', { 'adapters/sql/a.ts': "import '../postgres/b.ts';\n" }, 'no other adapter'],
    ['testing', { 'app/a.ts': "import '../testing/b.ts';\n" }, 'nothing imports testing'],
    ['a face in testing', { 'testing/a.ts': "import '../cli/b.ts';\n" }, 'testing may import floors 0 to 5'],
    ['the public door', { 'app/a.ts': "import '../index.ts';\n" }, 'opens outwards only'],
    ['a file outside src', { 'app/a.ts': "import '../../test/b.ts';\n" }, 'outside src'],
    ['an import without extension', { 'app/a.ts': "import './b';\n" }, 'without the extension .ts'],
    ['code in the public door', { 'index.ts': 'export const a = 1;\n' }, 'index.ts does more than re-export'],
    ['a folder without floor', { 'lib/a.ts': '' }, 'lib/a.ts stands on no floor'],
    ['a file without floor', { 'a.ts': '' }, 'a.ts stands on no floor'],
    ['a long file', { 'std/a.ts': '\n'.repeat(301) }, 'std/a.ts has 301 lines'],
    ['a drawer', { 'std/utils.ts': '' }, 'std/utils.ts is a drawer'],
    ['a folder that is a drawer', { 'std/types/a.ts': '' }, 'std/types/a.ts is a drawer'],
    ['a camel-case name', { 'std/myFile.ts': '' }, 'std/myFile.ts is not in kebab-case'],
    ['Node in job', { 'job/a.ts': "import { join } from 'node:path';\njoin();\n" }, 'job/a.ts:1 imports node:path'],
    ['the time in job', { 'job/a.ts': '\nexport const a = Date.now();\n' }, 'job/a.ts:2 uses Date.now'],
    ['the date in job', { 'job/a.ts': 'export const a = new Date();\n' }, 'job/a.ts:1 uses new Date()'],
    ['a timer in job', { 'job/a.ts': 'setTimeout(() => {}, 1);\n' }, 'job/a.ts:1 uses setTimeout'],
    ['dice in job', { 'job/a.ts': 'export const a = Math.random();\n' }, 'job/a.ts:1 uses Math.random'],
    ['the process in job', { 'job/a.ts': 'export const a = process.env;\n' }, 'job/a.ts:1 uses process.env'],
    [
      'a thread of its own',
      { 'engine/a.ts': "import { Worker } from 'node:worker_threads';\nnew Worker(url);\n" },
      'engine/a.ts:2 opens a worker thread',
    ],
    ['itself', { 'std/a.ts': "import './a.ts';\n" }, 'std/a.ts imports itself'],
  ])('refuses %s', async (_, files: Record<string, string>, sentence) => {
    expect(await check(files)).toEqual([expect.stringContaining(sentence)]);
  });

  test('finds a circle, also of types and through a third file', async () => {
    const findings = await check({
      'std/a.ts': "import { b } from './b.ts';\nexport const a = b;\n",
      'std/b.ts': "import type { C } from './c.ts';\nexport const b: C = 1;\n",
      'std/c.ts': "import './a.ts';\nimport './d.ts';\nexport type C = number;\n",
      'std/d.ts': 'export {};\n',
    });
    expect(findings).toEqual([expect.stringMatching(/circle: std\/a\.ts, std\/b\.ts, std\/c\.ts$/)]);
  });

  test('refuses a folder of more than 45 files, and counts those of its rooms for themselves', async () => {
    const files = (folder: string): [string, string][] =>
      Array.from({ length: 45 }, (_, i) => [`${folder}/a${i}.ts`, 'export {};\n']);
    const full = Object.fromEntries([...files('std'), ...files('std/room')]);
    expect(await check(full)).toEqual([]);
    expect(await check({ ...full, 'std/b.ts': '' })).toEqual(['std has 46 and may have 45 files: it wants rooms']);
  });

  test('refuses a class of more than 15 public members, each name counted once', async () => {
    const members = Array.from({ length: 13 }, (_, i) => `m${i}() {}`).join('\n');
    const hidden = 'constructor() {}\n#own() {}\nprivate a = 1;\nprotected b() {}\nstatic {}\n';
    const whole = `${hidden}${members}\nfield = 1;\nget both() { return 1; }\nset both(x) {}`;
    expect(await check({ 'std/a.ts': `class A {\n${whole}\n}` })).toEqual([]);
    expect(await check({ 'std/a.ts': `class A {\n${whole}\nstatic more() {}\n}` })).toEqual([
      'std/a.ts A has 16 and may have 15 public members: it is more than one thing',
    ]);
  });

  test('refuses an exception that nobody needs any more, and growth behind one', async () => {
    const house = await readHouse(
      await createProject({
        'std/a.ts': `class A {\n${Array.from({ length: 17 }, (_, i) => `m${i} = 1;`).join('\n')}\n}`,
      }),
    );
    expect(checkArchitecture(house, { 'std/a.ts A': 17 })).toEqual([]);
    expect(checkArchitecture(house, { 'std/a.ts A': 16, 'std/b.ts B': 20 })).toEqual([
      'std/a.ts A has 17 and may have 16 public members: it is more than one thing',
      'std/b.ts B is an exception that nobody needs',
    ]);
  });
});
