import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { defineJob } from '../../../src/job/define.ts';
import { loadModule } from '../../../src/plugins/load.ts';
import { createProject } from '../../support/project.ts';

const job = `export default defineJob({ name: 'hello', run: () => 'hi' });\n`;
const typed = `import { defineJob } from 'onejob';\nconst text: string = 'hi';\nexport default defineJob({ name: 'hello', run: () => text });\n`;

test('a file outside any package imports this very onejob, in JavaScript and in TypeScript', async () => {
  const folder = await createProject({
    'a.mjs': `export { defineJob } from 'onejob';\n`,
    'b.ts': `export { defineJob } from 'onejob';\n`,
    'c.js': `import { defineJob } from 'onejob';\n${job}`,
  });
  expect((await loadModule(join(folder, 'a.mjs')))['defineJob']).toBe(defineJob);
  expect((await loadModule(join(folder, 'b.ts')))['defineJob']).toBe(defineJob);
  expect(await loadModule(join(folder, 'c.js'))).toMatchObject({ default: { name: 'hello' } });
});

test('TypeScript that cannot be stripped works', async () => {
  const folder = await createProject({
    'a.ts': `export enum Color { Red = 3 }\nexport class Point { constructor(readonly x: number) {} }\n`,
  });
  const module = await loadModule(join(folder, 'a.ts'));
  expect(module['Color']).toMatchObject({ Red: 3 });
  expect(new (module['Point'] as new (x: number) => object)(5)).toEqual({ x: 5 });
});

test('a type may be imported without the word type', async () => {
  const folder = await createProject({
    'a.ts': `import { defineJob, Job } from 'onejob';\nexport const job: Job = defineJob({ name: 'a', run() {} });\n`,
  });
  expect(await loadModule(join(folder, 'a.ts'))).toMatchObject({ job: { name: 'a' } });
});

test.each(['commonjs', 'module', undefined])('a module works where package.json has the type %s', async (type) => {
  const folder = await createProject({
    'package.json': JSON.stringify({ type }),
    'jobs/a.ts': typed,
    'jobs/b.js': `import { defineJob } from 'onejob';\n${job}`,
    'jobs/c.mts': typed,
  });
  const warned: Error[] = [];
  const listen = (warning: Error): unknown => warned.push(warning);
  process.on('warning', listen);
  for (const file of ['a.ts', 'b.js', 'c.mts']) {
    expect(await loadModule(join(folder, 'jobs', file)), file).toMatchObject({ default: { name: 'hello' } });
  }
  await setImmediate(); // Node tells of warnings a tick later
  process.off('warning', listen);
  expect(warned).toEqual([]);
});

test('a CommonJS file works', async () => {
  const folder = await createProject({
    'package.json': '{"type":"commonjs"}',
    'a.js': `module.exports = { name: 'old' };\n`,
  });
  expect(await loadModule(join(folder, 'a.js'))).toMatchObject({ default: { name: 'old' } });
});

test('imports of TypeScript files are found by their own name, by that of the JavaScript, and without an ending', async () => {
  const folder = await createProject({
    'lib.ts': `export const n: number = await Promise.resolve(3);\nexport const identity = {};\n`,
    'a.ts': `export { n, identity } from './lib.ts';\n`,
    'b.ts': `export { n, identity } from './lib.js';\n`,
    'c.ts': `export { n, identity } from './lib';\n`,
    'd.js': `export { n } from './lib.ts';\n`,
  });
  const [a, b, c, d] = [
    await loadModule(join(folder, 'a.ts')),
    await loadModule(join(folder, 'b.ts')),
    await loadModule(join(folder, 'c.ts')),
    await loadModule(join(folder, 'd.js')),
  ];
  expect([a['n'], b['n'], c['n'], d['n']]).toEqual([3, 3, 3, 3]);
  expect(b['identity'], 'files share what they both import').toBe(c['identity']);
});

test('a missing export of a JavaScript file is an error, not undefined', async () => {
  const folder = await createProject({
    'lib.mjs': `export const a = 1;\n`,
    'a.mjs': `import { b } from './lib.mjs';\nexport { b };\n`,
  });
  await expect(loadModule(join(folder, 'a.mjs'))).rejects.toThrow(/does not provide an export named 'b'/);
});

test('a module that fails while it runs has run once', async () => {
  const folder = await createProject({
    'a.mjs': `globalThis.timesRun = (globalThis.timesRun ?? 0) + 1;\nJSON.parse('{');\n`,
  });
  await expect(loadModule(join(folder, 'a.mjs'))).rejects.toThrow(SyntaxError);
  expect((globalThis as { timesRun?: number }).timesRun).toBe(1);
});

test('transformed TypeScript is kept in a folder that git ignores', async () => {
  const folder = await createProject({ 'a.ts': `export enum A { x = 1 }\n` });
  const cacheDir = join(folder, '.onejob', 'cache');
  await loadModule(join(folder, 'a.ts'), { cacheDir });
  expect(await readFile(join(cacheDir, '.gitignore'), 'utf8')).toBe('*\n');
  expect((await readdir(cacheDir)).filter((name) => name !== '.gitignore')).toHaveLength(1);
});

test('a project whose cache cannot be written works', async () => {
  const folder = await createProject({ 'a.ts': `export enum A { x = 1 }\n`, '.onejob': 'a file in the way' });
  expect(await loadModule(join(folder, 'a.ts'), { cacheDir: join(folder, '.onejob', 'cache') })).toHaveProperty('A');
  expect(existsSync(join(folder, '.onejob', 'cache'))).toBe(false);
});
