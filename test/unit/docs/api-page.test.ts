import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { apiReference } from '../../support/api-reference.ts';

const page = fileURLToPath(new URL('../../../docs/reference/api.md', import.meta.url));

test('docs/reference/api.md is what the routes say', async () => {
  if (process.env['UPDATE_REFERENCE'] === '1') await writeFile(page, apiReference());
  expect(await readFile(page, 'utf8')).toBe(apiReference());
});
