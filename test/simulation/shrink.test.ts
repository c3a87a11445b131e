import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { drawPlan } from './draw-plan.ts';
import type { Plan } from './plan.ts';
import { printPlan } from './print-plan.ts';
import { shrink } from './shrink.ts';

/** A cancel of a run that has slept, with whatever around it. */
function isGuilty({ moves }: Plan): Promise<boolean> {
  const sleeps = moves.some((move) => move.do === 'submit' && JSON.stringify(move.program).includes('"sleep'));
  return Promise.resolve(sleeps && moves.some((move) => move.do === 'act' && move.kind === 'cancel'));
}

test('a plan is shrunk to the moves and parts that matter', async () => {
  const seeds = Array.from({ length: 60 }, (_, i) => drawPlan(i + 1));
  const guilty: Plan[] = [];
  for (const plan of seeds) if (await isGuilty(plan)) guilty.push(plan);
  expect(guilty.length).toBeGreaterThan(10);
  for (const plan of guilty) {
    const small = await shrink(plan, isGuilty);
    expect(small.moves.map((move) => move.do).toSorted()).toEqual(['act', 'submit']);
    const submit = small.moves.find((move) => move.do === 'submit');
    expect(submit).toMatchObject({
      program: { throws: 0, body: { parts: [{ name: expect.stringMatching(/^(sleep|child)/) as string }] } },
    });
  }
});

test('a plan is printed as the test that it is', () => {
  const plans: Plan[] = [];
  const text = printPlan(drawPlan(1), "r0's end");
  const test = (name: string, run: () => void): void => {
    expect(name).toBe("seed 1: r0's end");
    run();
  };
  runInNewContext(text, { test, keeps: (plan: Plan) => plans.push(plan) });
  expect(JSON.parse(JSON.stringify(plans))).toEqual([drawPlan(1)]);
});
