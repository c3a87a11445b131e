import { expect } from 'vitest';
import type { Plan } from './plan.ts';
import { simulate } from './simulate.ts';

/** Plays a history that broke a promise once. */
export async function keeps(plan: Plan): Promise<void> {
  const { faults } = await simulate(plan);
  expect(faults).toEqual([]);
}
