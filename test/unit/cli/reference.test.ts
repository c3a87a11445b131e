import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { renderReference } from '../../support/cli-reference.ts';

const file = new URL('../../../docs/reference/cli.md', import.meta.url);

/** `UPDATE_REFERENCE=1 npx vitest run test/unit/cli/reference.test.ts` writes the page anew. */
test('docs/reference/cli.md has every command, flag and exit code as the code has it', async () => {
  const page = await readFile(file, 'utf8');
  const rendered = renderReference(page);
  if (process.env['UPDATE_REFERENCE'] === '1') await writeFile(file, rendered);
  else expect(page).toBe(rendered);
});
