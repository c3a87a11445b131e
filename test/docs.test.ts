import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { brokenLinks } from './support/doc-links.ts';
import { tryPage } from './support/doc-page.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

describe('what a page says works', () => {
  test.each([
    'README.md',
    'README.zh-CN.md',
    'docs/guide/jobs.md',
    'docs/guide/durable-tasks.md',
    'docs/guide/states.md',
    'docs/guide/moving-from-ego.md',
    'docs/guide/moving-from-vtask.md',
    'docs/reference/errors.md',
  ])('%s', { timeout: 120_000 }, async (page) => {
    expect(await tryPage(page)).toEqual([]);
  });
});

test('no page points to what is not there', async () => {
  const files = await readdir(root, { recursive: true });
  const pages = files.filter((file) => file.endsWith('.md') && !/(^|\/)(node_modules|dist|\.[^/]+)\//.test(file));
  expect(await brokenLinks(root, pages)).toEqual([]);
});
