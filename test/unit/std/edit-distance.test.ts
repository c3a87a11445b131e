import { expect, test } from 'vitest';
import { editDistance } from '../../../src/std/edit-distance.ts';

test.each([
  ['', '', 0],
  ['', 'abc', 3],
  ['abc', '', 3],
  ['store', 'store', 0],
  ['stroe', 'store', 2],
  ['kitten', 'sitting', 3],
  ['import-order', 'import-orders', 1],
  ['a', 'b', 1],
])('from %j to %j there are %i edits', (one, other, edits) => {
  expect(editDistance(one, other)).toBe(edits);
  expect(editDistance(other, one)).toBe(edits);
});
