import { expect, test } from 'vitest';
import { Tally } from '../../../src/std/tally.ts';

test('resolves at once when nothing is under way', async () => {
  const tally = new Tally();
  await tally.none();
  expect(tally.count).toBe(0);
});

test('resolves with the end of the last one, for all who wait', async () => {
  const tally = new Tally();
  const seen: number[] = [];
  tally.begin();
  tally.begin();
  const waits = ['one', 'another'].map(async () => {
    await tally.none();
    seen.push(tally.count);
  });
  tally.end();
  await Promise.resolve();
  expect(seen).toEqual([]);
  tally.end();
  await Promise.all(waits);
  expect(seen).toEqual([0, 0]);
});

test('counts on after it was empty', async () => {
  const tally = new Tally();
  tally.begin();
  tally.end();
  tally.begin();
  expect(tally.count).toBe(1);
  const wait = tally.none();
  tally.end();
  await wait;
});
