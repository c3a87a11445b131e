import { describe, expect, test } from 'vitest';
import { drawPlan } from './draw-plan.ts';
import { simulate } from './simulate.ts';

describe('in simulated histories every promise is kept', () => {
  const size = 25;
  const firsts = Array.from({ length: 500 / size }, (_, i) => 1 + i * size);

  test.each(firsts)(`by ${size} seeds from %i on`, async (first) => {
    const found: string[] = [];
    for (let seed = first; seed < first + size; seed++) {
      const { faults } = await simulate(drawPlan(seed));
      found.push(...faults.map((fault) => `npm run simulate -- --from ${seed} --seeds 1: ${fault}`));
    }
    expect(found).toEqual([]);
  });
});

test('the same seed gives the same history, byte by byte', async () => {
  for (const seed of [1, 2, 3]) {
    const [first, , second] = [
      await simulate(drawPlan(seed)),
      await simulate(drawPlan(seed + 1)),
      await simulate(drawPlan(seed)),
    ];
    expect(first.trace.length).toBeGreaterThan(20);
    expect(second.trace.join('\n')).toBe(first.trace.join('\n'));
  }
});
