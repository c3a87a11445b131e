import type { Move, Plan } from './plan.ts';
import type { Part, Program } from './program.ts';

/**
 * The fewest moves, parts and numbers that still fail, as far as leaving out one thing after the other finds them.
 * `fails` lets a plan happen and says whether the same kind of fault comes of it; it is asked at most `tries` times.
 */
export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean>, tries = 1_500): Promise<Plan> {
  const budget = { left: tries };
  let best = plan;
  const better = async (candidate: Plan): Promise<boolean> => {
    if (budget.left-- <= 0 || !(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let before: Plan | undefined; before !== best && budget.left > 0;) {
    before = best;
    await withoutMoves(() => best, better);
    for (let again = true; again;) {
      again = false;
      for (const candidate of simpler(best)) {
        if (await better(candidate)) {
          again = true;
          break;
        }
      }
    }
  }
  return best;
}

/** Leaves out halves, quarters and so on of the moves. */
async function withoutMoves(best: () => Plan, better: (candidate: Plan) => Promise<boolean>): Promise<void> {
  for (let size = Math.ceil(best().moves.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < best().moves.length;) {
      const { moves } = best();
      const rest = [...moves.slice(0, from), ...moves.slice(from + size)];
      // What is left has the place that it had: the same one stands at `from` now.
      if (rest.length === 0 || !(await better({ ...best(), moves: rest }))) from += size;
    }
  }
}

/** Plans that are the same but for one simpler thing. */
function* simpler(plan: Plan): Generator<Plan> {
  for (const [i, move] of plan.moves.entries()) {
    for (const other of simplerMoves(move)) yield { ...plan, moves: plan.moves.with(i, other) };
  }
  const { setting } = plan;
  if (setting.workers > 1) yield { ...plan, setting: { ...setting, workers: setting.workers - 1 } };
  if (setting.speeds.some((speed) => speed !== 1)) yield { ...plan, setting: { ...setting, speeds: [1] } };
}

function* simplerMoves(move: Move): Generator<Move> {
  if ('again' in move && move.again) yield { ...move, again: false };
  if (move.do !== 'submit') return;
  if (move.key !== null) yield { ...move, key: null };
  if (move.delayMs > 0) yield { ...move, delayMs: 0 };
  if (move.priority > 0) yield { ...move, priority: 0 };
  if (move.job !== 'plain') yield { ...move, job: 'plain' };
  for (const program of simplerPrograms(move.program)) yield { ...move, program };
}

function* simplerPrograms(program: Program): Generator<Program> {
  if (program.throws > 0) yield { ...program, throws: 0 };
  for (const body of simplerParts(program.body)) yield { ...program, body };
}

function* simplerParts(part: Part): Generator<Part> {
  switch (part.kind) {
    case 'step':
      if (part.ms > 0) yield { ...part, ms: 0 };
      if (part.fails > 0) yield { ...part, fails: 0 };
      return;
    case 'child':
      for (const program of simplerPrograms(part.program)) yield { ...part, program };
      if (part.job !== 'plain') yield { ...part, job: 'plain' };
      return;
    case 'sleep':
    case 'wait':
    case 'poison':
      return;
    default:
  }
  for (const i of part.parts.keys()) {
    if (part.parts.length > 1) yield { ...part, parts: part.parts.toSpliced(i, 1) };
  }
  for (const [i, one] of part.parts.entries()) {
    if ('parts' in one) for (const inner of one.parts) yield { ...part, parts: part.parts.with(i, inner) };
    for (const other of simplerParts(one)) yield { ...part, parts: part.parts.with(i, other) };
  }
}
