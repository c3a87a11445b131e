import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { exitCodes } from '../../../src/cli/exit-code.ts';
import { statuses } from '../../../src/http/status.ts';
import { errorTable } from '../../../src/job/errors.ts';

const page = fileURLToPath(new URL('../../../docs/reference/errors.md', import.meta.url));

test('docs/reference/errors.md has one row for each code, as the code has it, and no other', async () => {
  const lines = (await readFile(page, 'utf8')).split('\n').filter((line) => /^\| `[A-Z_]+` \|/.test(line));
  const documented = lines.map((line) => {
    const [, code = '', who, retry, exit, , , meaning] = line.split('|').map((cell) => cell.trim());
    return { code: code.replaceAll('`', ''), who, retry: retry === 'yes', exit: Number(exit), meaning };
  });
  const expected = Object.entries(errorTable).map(([code, { who, retry, meaning }]) => {
    return { code, who, retry, exit: exitCodes[code as keyof typeof exitCodes], meaning };
  });
  expect(documented).toEqual(expected);
});

test('docs/reference/errors.md says of each code what HTTP answers', async () => {
  const lines = (await readFile(page, 'utf8')).split('\n').filter((line) => /^\| `[A-Z_]+` \|/.test(line));
  const documented = lines.map((line) => {
    const [, code = '', , , , api, ego] = line.split('|').map((cell) => cell.trim());
    return [code.replaceAll('`', ''), { api: Number(api), ego: Number(ego) }];
  });
  expect(Object.fromEntries(documented)).toEqual(statuses);
});
