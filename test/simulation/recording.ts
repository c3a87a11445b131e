import type { Observed } from './observed.ts';
import { drawPlan } from './draw-plan.ts';
import type { Plan } from './plan.ts';
import { simulate } from './simulate.ts';

/** The calls that a store has carried out in a history, in their order. */
export async function recordCalls(seed: number): Promise<readonly Observed[]> {
  const calls: Observed[] = [];
  await simulate(repeatable(drawPlan(seed)), { onCall: (call) => calls.push(call) });
  return calls;
}

/**
 * Every store makes the ids of callbacks' runs itself, so in which order two come that were made in one millisecond is
 * chance. It decides nothing where there are slots for all, and where pruning keeps none.
 */
function repeatable({ seed, setting, moves }: Plan): Plan {
  const prunes = moves.map((move) => (move.do === 'prune' ? { ...move, keep: 0 } : move));
  return { seed, setting: { ...setting, slots: 100 }, moves: prunes };
}
