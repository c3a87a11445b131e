import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('each file and folder that docs/guide/how-to-add.md names is there', async () => {
  const text = await readFile(join(root, 'docs/guide/how-to-add.md'), 'utf8');
  const named = [...text.matchAll(/(?:src|test|scripts|bench|docs|\.ci)\/[\w./-]*\w|`([\w-]+\.(?:md|json))`/g)].map(
    ([path, atRoot]) => atRoot ?? path,
  );
  expect(named.length).toBeGreaterThan(40);
  const invented = new Set(['src/NAME', 'src/cli/commands/NAME.ts']);
  expect(named.filter((path) => !invented.has(path) && !existsSync(join(root, path)))).toEqual([]);
});
