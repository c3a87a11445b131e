import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { readBlocks, readCommands, type Block } from './support/doc-blocks.ts';
import { brokenLinks } from './support/doc-links.ts';
import { tryPage } from './support/doc-page.ts';
import { postgresUrl, uniqueName } from './support/servers.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

describe('what a page says works', () => {
  test.each([
    'README.md',
    'README.zh-CN.md',
    'docs/guide/jobs.md',
    'docs/guide/durable-tasks.md',
    'docs/guide/states.md',
    'docs/guide/http.md',
    'docs/guide/api.md',
    'docs/guide/moving-from-ego.md',
    'docs/guide/moving-from-vtask.md',
    'docs/guide/own-store.md',
    'docs/guide/database.md',
    'docs/guide/operating.md',
    'docs/reference/errors.md',
  ])('%s', { timeout: 300_000 }, async (page) => {
    expect(await tryPage(page)).toEqual([]);
  });
});

test('docs/guide/transactions.md: what it says works', { timeout: 300_000 }, async () => {
  const admin = new pg.Client(postgresUrl());
  const database = uniqueName('docs');
  await admin.connect();
  await admin.query(`create database ${database}`);
  const url = Object.assign(new URL(postgresUrl()), { pathname: database }).href;
  expect(await tryPage('docs/guide/transactions.md', { DATABASE_URL: url })).toEqual([]);
  await admin.query(`drop database ${database} with (force)`);
  await admin.end();
});

test('no page points to what is not there', async () => {
  const files = await readdir(root, { recursive: true });
  const pages = files.filter((file) => file.endsWith('.md') && !/(^|\/)(node_modules|dist|\.[^/]+)\//.test(file));
  expect(await brokenLinks(root, pages)).toEqual([]);
});

test('README.zh-CN.md shows what README.md shows', async () => {
  const [english, chinese] = await Promise.all(
    ['README.md', 'README.zh-CN.md'].map(async (page) => readBlocks(await readFile(join(root, page), 'utf8'))),
  );
  expect(chinese?.map(inBothLanguages)).toEqual(english?.map(inBothLanguages));
});

/** A block without its sentences: comments, texts, and what commands print. */
function inBothLanguages(block: Block): unknown {
  const { language, file, run, skip, text } = block;
  if (run) return { language, commands: readCommands(block).map(({ command }) => command) };
  const code = text.replaceAll(/ \/\/ .*$/gm, '').replaceAll(/(summary: |describe\(|test\()'[^']*'/g, '$1');
  return { language, file, skip, code };
}
