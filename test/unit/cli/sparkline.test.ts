import { expect, test } from 'vitest';
import { sparkline } from '../../../src/cli/print/sparkline.ts';

test('a bar for each number, the highest whole; what is there is never drawn as nothing', () => {
  expect(sparkline([0, 1, 500, 1_000, 0])).toBe('▁▂▅█▁');
});

test('what is not known is no bar', () => {
  expect(sparkline([null, 0, 2])).toBe('·▁█');
});
