import { describe, expect, test } from 'vitest';
import { tryPage } from './support/doc-page.ts';

describe('what the pages show', () => {
  test.each(['README.md', 'README.zh-CN.md'])('%s does what it says', { timeout: 120_000 }, async (page) => {
    expect(await tryPage(page)).toEqual([]);
  });
});
