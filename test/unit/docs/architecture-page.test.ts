import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { floors } from '../../support/architecture.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

let page: string;
beforeAll(async () => {
  page = await readFile(join(root, 'ARCHITECTURE.md'), 'utf8');
});

test('ARCHITECTURE.md lists the rooms of src, each on its floor', async () => {
  const listed = [...page.matchAll(/^\| (\d) \| `(\w+)` \|/gm)].map(([, floor, room = '']) => [room, Number(floor)]);
  const entries = await readdir(join(root, 'src'), { withFileTypes: true });
  const rooms = entries.filter((entry) => entry.isDirectory() && entry.name !== 'testing').map(({ name }) => name);
  const expected = rooms.map((room) => [room, floors[room]]);
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(expected));
});

test('the files that ARCHITECTURE.md and the decisions name are there', async () => {
  const decisions = await readdir(join(root, 'docs/decisions'));
  const pages = ['ARCHITECTURE.md', ...decisions.map((name) => `docs/decisions/${name}`)];
  for (const each of pages) {
    const text = await readFile(join(root, each), 'utf8');
    const named = [...text.matchAll(/`((?:src|test|scripts|bench|bin|examples)\/[\w./-]+)`/g)].map(
      ([, path = '']) => path,
    );
    expect({ each, missing: named.filter((path) => !existsSync(join(root, path))) }).toEqual({ each, missing: [] });
  }
});

test('each decision has a number of its own', async () => {
  const names = (await readdir(join(root, 'docs/decisions'))).filter((name) => name.endsWith('.md'));
  for (const name of names) expect(name).toMatch(/^\d{4}-[a-z0-9-]+\.md$/);
  const numbers = names.map((name) => name.slice(0, 4));
  expect(new Set(numbers).size).toBe(numbers.length);
});
