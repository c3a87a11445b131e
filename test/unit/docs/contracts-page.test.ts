import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readContractTests, testNames } from '../../support/contract-tests.ts';
import { contractFaults, contractRows, withTests } from '../../support/contracts-page.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const page = join(root, 'docs/reference/contracts.md');

test('docs/reference/contracts.md lists the tests that carry each id, and each id has a row', async () => {
  const tests = await readContractTests(root, ['test', 'src/testing']);
  const text = await readFile(page, 'utf8');
  expect(contractFaults(text, tests)).toEqual([]);
  if (process.env['UPDATE_REFERENCE'] === '1') await writeFile(page, withTests(text, tests));
  expect(await readFile(page, 'utf8'), 'UPDATE_REFERENCE=1 writes the lists anew').toBe(withTests(text, tests));
});

test('each line of a table is a row that can be read', async () => {
  const lines = (await readFile(page, 'utf8')).split('\n').filter((line) => /^\|\W*[A-Z]+-/.test(line));
  expect(lines.map((line) => /[A-Z]+-\d+/.exec(line)?.[0])).toEqual(contractRows(lines.join('\n')).map(({ id }) => id));
  expect(lines.length).toBeGreaterThan(100);
});

test('ids are read from the names of tests and suites, however they are called', () => {
  const text = `
    test('EGO-1, EGO-2 runs', () => {});
    describe.each([1])(\`VT-1 on \${name}\`, () => { test.skipIf(true)('VT-2 %s', () => {}); });
    expect('VT-3 is no name').toBe(other.test('VT-4 neither'));`;
  expect(testNames('a.test.ts', text)).toEqual(['EGO-1, EGO-2 runs', 'VT-1 on …', 'VT-2 %s']);
});

test('an id without a row, a promise without a test and a tested plan are found', () => {
  const rows = [
    '| VT-1 | It works. | works |  |',
    '| VT-2 | It will. | planned |  |',
    '| VT-3 | Who knows. | maybe |  |',
  ];
  const tests = new Map([
    ['VT-2', ['test/a.test.ts']],
    ['VT-9', ['test/unit/b.test.ts']],
  ]);
  expect(contractFaults([...rows, ...rows.slice(0, 1)].join('\n'), tests)).toEqual([
    'VT-1 has two rows',
    'VT-9, in test/unit/b.test.ts, has no row',
    'VT-1 works, says its row, but no test carries it',
    'VT-2 is planned, but tests carry it',
    'VT-3 is in no state that we know: maybe',
    'VT-1 works, says its row, but no test carries it',
  ]);
  expect(withTests(rows.join('\n'), tests)).toContain('| VT-2 | It will. | planned | [a](../../test/a.test.ts) |');
});
