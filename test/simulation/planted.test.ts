import { beforeAll, describe, expect, test } from 'vitest';
import { faultOf, plant, readSeeds } from '../../scripts/simulation/planted.mjs';
import { plantedFaults } from '../../scripts/simulation/planted-faults.mjs';
import { drawPlan } from './draw-plan.ts';
import { simulate } from './simulate.ts';

/** What is broken on purpose is found, each by the seed that found it when all were looked for (`npm run simulate -- --planted`). */
describe('a planted fault is found', () => {
  let seeds: Record<string, number>;
  beforeAll(async () => {
    seeds = await readSeeds();
  });

  test.each(plantedFaults)('$name', async (planted) => {
    const seed = seeds[planted.name];
    if (seed === undefined) throw new Error('no seed is known that finds it: npm run simulate -- --planted');
    expect(await faultOf(await plant(planted), seed)).toEqual(expect.any(String));
    expect((await simulate(drawPlan(seed))).faults).toEqual([]);
  });
});
