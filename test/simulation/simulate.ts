import { drawIdsFrom } from '../../src/std/id.ts';
import { seededRandom } from '../support/seeded-random.ts';
import type { Observed } from './observed.ts';
import type { Plan } from './plan.ts';
import { Scheduler } from './scheduler.ts';
import { World } from './world.ts';

export interface History {
  /** In words; empty where every promise was kept. */
  readonly faults: readonly string[];
  /** As `known-faults.ts` knows them. */
  readonly known: readonly string[];
  /** What happened, a line each; the same for the same plan, byte by byte. */
  readonly trace: readonly string[];
}

/** Lets a plan happen. One at a time in a process: chance is the plan's meanwhile. */
export async function simulate(plan: Plan, { onCall }: { onCall?: (call: Observed) => void } = {}): Promise<History> {
  const world = new World(plan, onCall);
  const restore = takeOverChance(plan.seed, () => world.now);
  try {
    await world.open();
    const scheduler = new Scheduler(world);
    await scheduler.storm();
    if (world.faults.length === 0) await scheduler.calm();
    if (world.faults.length === 0) await world.end();
    return { faults: world.faults, known: world.known, trace: world.trace };
  } finally {
    await world.close();
    // What dead workers have left in this turn of the event loop must not fall into the next history.
    for (let n = 0; n < 10; n++) await new Promise((resolve) => setImmediate(resolve));
    restore();
  }
}

/** Ids, jitter and back-off. */
function takeOverChance(seed: number, now: () => number): () => void {
  const { random } = Math;
  const bytes = seededRandom(seed ^ 0x1d5);
  const restoreIds = drawIdsFrom({
    now,
    fill: (target) => target.forEach((_, i) => (target[i] = Math.floor(bytes() * 256))),
  });
  Math.random = seededRandom(seed ^ 0xd1ce);
  return () => {
    Math.random = random;
    restoreIds();
  };
}
