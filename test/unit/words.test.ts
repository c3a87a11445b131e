import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { textsOf } from '../support/doc-references.ts';
import { exceptions } from '../support/old-words.ts';
import { oldWordsIn } from '../support/word-check.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const own = /^test\/(unit\/words\.test|support\/(old-words|word-check))\.ts$/;

test('no name in code, SQL, JSON or metrics is one that the glossary replaced', async () => {
  const found: string[] = [];
  for (const file of await textsOf(root, ['src', 'scripts', 'bench', 'test'])) {
    if (own.test(file) || /\.md$|^test\/fixtures\/broken\//.test(file)) continue;
    const names = oldWordsIn(file, await readFile(join(root, file), 'utf8'));
    found.push(...names.map(({ name, now }) => `${file}: ${name}, now ${now}`));
  }
  expect(found).toEqual([]);
});

test('each exception says why, and is needed', async () => {
  const files = await textsOf(root, ['src', 'scripts', 'bench', 'test']);
  const unneeded: string[] = [];
  for (const { in: place, names, why } of exceptions) {
    expect(why).not.toBe('');
    const texts = await Promise.all(
      files.filter((file) => place.test(file)).map((file) => readFile(join(root, file), 'utf8')),
    );
    unneeded.push(...names.filter((name) => !texts.some((text) => new RegExp(`\\b${name}\\b`).test(text))));
  }
  expect(unneeded).toEqual([]);
});

test.each([
  ['a variable', 'src/std/a.ts', 'const elder = 1;', 'elder'],
  ['a part of a name', 'src/std/a.ts', 'export function buryWorker() {}', 'buryWorker'],
  ['a private member', 'src/std/a.ts', 'class A { #ownBeat = 1; }', 'ownBeat'],
  ['a key of JSON', 'src/std/a.ts', "const a = { 'seen_beat': 1 };", 'seen_beat'],
  ['a metric', 'src/std/a.ts', "count('onejob_beats_total');", 'onejob_beats_total'],
  ['a table', 'src/adapters/sqlite/a.ts', "run('insert into letters values (1)');", 'letters'],
  ['a column', 'src/adapters/mysql/a.ts', 'run(`select ${a}, asked from steps`);', 'asked'],
  ['a limit', 'src/std/a.ts', 'const mostRuns = 1;', 'mostRuns'],
  ['a flag', 'src/cli/a.ts', 'run(given);', 'given'],
  ['a file', 'src/std/node-talk.ts', '', 'node-talk'],
])('refuses %s', (_, file, text, name) => {
  expect(oldWordsIn(file, text)).toEqual([expect.objectContaining({ file, name })]);
});

test('leaves prose alone, and words that only contain an old one', () => {
  const text =
    "// the elder beats\nthrow new Error('no letter was given; nobody was buried');\nconst heartbeatMs = earlier;";
  expect(oldWordsIn('src/std/a.ts', text)).toEqual([]);
});
