import type { Draw } from './draw.ts';
import type { Part, Program } from './program.ts';

/** A program of some five parts that takes some seconds undisturbed. */
export function drawProgram(draw: Draw, depth = 0): Program {
  const count = { n: 0 };
  const parts = Array.from({ length: 1 + draw.below(depth === 0 ? 4 : 2) }, () => drawPart(draw, depth, count));
  return { body: { kind: 'row', name: 'all of it', parts }, throws: draw.chance(0.15) ? 1 + draw.below(2) : 0 };
}

function drawPart(draw: Draw, depth: number, count: { n: number }, inside = 0): Part {
  const kind = draw.weighed({
    step: 8,
    sleep: 3,
    wait: 3,
    child: depth < 2 ? 3 : 0,
    poison: depth === 0 ? 0.4 : 0,
    all: inside < 2 ? 2 : 0,
    race: inside < 2 ? 2 : 0,
    catch: inside < 2 ? 0.7 : 0,
    row: inside > 0 && inside < 3 ? 1 : 0,
  });
  const name = `${kind}${++count.n}`;
  switch (kind) {
    case 'step':
      return {
        kind,
        name,
        ms: draw.chance(0.4) ? draw.below(2_500) : 0,
        fails: draw.chance(0.15) ? 1 + draw.below(3) : 0,
      };
    case 'sleep':
      return { kind, name, ms: draw.below(4_000) };
    case 'wait':
      return { kind, name, event: draw.pick(['go', 'go', 'on']), ms: draw.chance(0.35) ? draw.below(5_000) : null };
    case 'child':
      return { kind, name, job: drawJob(draw), program: drawProgram(draw, depth + 1) };
    case 'poison':
      return { kind, name, times: 1 + draw.below(2) };
    default: {
      const parts = Array.from({ length: 2 + draw.below(2) }, () => drawPart(draw, depth, count, inside + 1));
      return { kind, name, parts };
    }
  }
}

export function drawJob(draw: Draw): 'plain' | 'patient' | 'called' | 'limited' {
  return draw.weighed({ plain: 3, patient: 3, called: 2, limited: 2 });
}
