import { expect, test } from 'vitest';
import { Tally } from '../../../src/std/tally.ts';

test('resolves at once when nothing is under way', async () => {
  const tally = new Tally();
  await tally.none();
  expect(tally.count).toBe(0);
});

test('resolves with the end of the last one, for all who wait', async () => {
  const tally = new Tally();
  let ended = 0;
  tally.begin();
  tally.begin();
  const waits = [tally.none(), tally.none()].map((wait) => wait.then(() => expect(ended).toBe(2)));
  for (; ended < 2; tally.end()) ended++;
  await Promise.all(waits);
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
