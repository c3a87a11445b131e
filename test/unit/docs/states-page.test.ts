import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { changes, isFinal, runStates } from '../../../src/job/state.ts';

let page: string;
beforeAll(async () => {
  page = await readFile(fileURLToPath(new URL('../../../docs/guide/states.md', import.meta.url)), 'utf8');
});

test('the diagram of docs/guide/states.md shows each change of state, and no other', () => {
  const drawn = [...page.matchAll(/^ {2}(\w+) --> (\w+): (\w+)$/gm)].map(([, from, to, by]) => ({ from, to, by }));
  expect(sorted(drawn)).toEqual(sorted(changes));
  expect(page).toContain('  [*] --> queued: submit\n');
});

test('docs/guide/states.md says of each state what it means, and of each change who makes it', () => {
  const names = [...page.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, cell = '']) => cell.match(/\w+/g) ?? []);
  const actors = ['submit', ...changes.map(({ by }) => by)];
  expect(new Set(names)).toEqual(new Set([...runStates, ...actors]));
});

test('only a retry or a restart leads out of a final state', () => {
  const out = changes.filter(({ from }) => isFinal(from)).map(({ by }) => by);
  expect(new Set(out)).toEqual(new Set(['retry', 'restart']));
});

interface Change {
  from: string | undefined;
  to: string | undefined;
  by: string | undefined;
}

function sorted(all: readonly Change[]): string[] {
  return all.map(({ from, to, by }) => `${from} ${to} ${by}`).toSorted();
}
