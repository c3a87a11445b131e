import { Draw } from './draw.ts';
import { drawJob, drawProgram } from './draw-program.ts';
import type { Deed, Move, Plan, Target } from './plan.ts';

/** The plan of a seed. */
export function drawPlan(seed: number): Plan {
  const draw = new Draw(seed);
  const setting = {
    workers: 2 + draw.below(2),
    slots: 1 + draw.below(4),
    parkAfterMs: draw.pick([50, 50, 500, 2_000]),
    hints: draw.chance(0.7),
    turns: draw.pick([1, 2, 3, 5]),
    speeds: Array.from({ length: 4 }, () => draw.pick([0.8, 0.95, 1, 1, 1.05, 1.2])),
  };
  const steps = 150 + draw.below(250);
  const busy = draw.pick([0.1, 0.25, 0.4]);
  const moves: Move[] = [{ at: 0, ...submitted(draw) }];
  for (let at = 1; at < steps; at++) if (draw.chance(busy)) moves.push({ at, ...drawDeed(draw) });
  return { seed, setting, moves };
}

function drawDeed(draw: Draw): Deed {
  const kind = draw.weighed({
    turn: 4,
    overtake: 10,
    fault: 14,
    pass: 5,
    freeze: 1,
    kill: 1.2,
    stop: 0.5,
    open: 1.5,
    submit: 2,
    event: 6,
    act: 4,
    restart: 0.7,
    reschedule: 0.5,
    pause: 0.5,
    resume: 1,
    prune: 0.4,
  });
  switch (kind) {
    case 'turn':
      return { do: kind, turns: draw.below(9) };
    case 'overtake':
      return { do: kind, place: 1 + draw.below(4) };
    case 'fault':
      return { do: kind, to: drawTarget(draw), how: drawFault(draw), steps: 1 + draw.below(30) };
    case 'pass':
      return { do: kind, ms: draw.pick([1, 10, 100, 500, 1_000, 3_000]) };
    case 'freeze':
      return { do: kind, worker: draw.below(4), ms: 500 + draw.below(25_000), asleep: draw.chance(0.3) };
    case 'kill':
      return { do: kind, worker: draw.below(4), commits: draw.chance(0.5) };
    case 'stop':
      return { do: kind, worker: draw.below(4) };
    case 'open':
      return { do: kind };
    case 'submit':
      return submitted(draw);
    case 'event':
      return { do: kind, run: draw.below(8), place: draw.below(4), again: draw.chance(0.1) };
    case 'act':
      return { do: kind, kind: draw.pick(['cancel', 'retry', 'retry']), run: draw.below(8), again: draw.chance(0.1) };
    case 'restart':
      return { do: kind, run: draw.below(6), place: draw.below(5) - 1 };
    case 'reschedule':
      return { do: kind, run: draw.below(6), delayMs: draw.below(5_000) };
    case 'pause':
    case 'resume':
      return { do: kind, job: drawJob(draw) };
    case 'prune':
      return { do: kind, keep: draw.below(3) };
  }
}

function submitted(draw: Draw): Extract<Deed, { do: 'submit' }> {
  return {
    do: 'submit',
    job: drawJob(draw),
    program: drawProgram(draw),
    key: draw.chance(0.15) ? `key-${draw.below(2)}` : null,
    delayMs: draw.chance(0.15) ? draw.below(4_000) : 0,
    priority: draw.below(2),
    again: draw.chance(0.1),
  };
}

function drawTarget(draw: Draw): Target {
  return draw.weighed({
    claim: 4,
    reclaim: 0.7,
    heartbeat: 1,
    messages: 2,
    steps: 1,
    get: 1,
    evict: 0.7,
    registerWorker: 0.3,
    workers: 0.5,
    append: 1.5,
    step: 4,
    try: 3,
    suspend: 3,
    outcome: 3,
    handBack: 2,
  });
}

function drawFault(draw: Draw): 'refuse' | 'lose' | 'late' | 'double' | 'hold' | 'keep' {
  return draw.weighed({ refuse: 2, lose: 3, late: 1.5, double: 1.5, hold: 3, keep: 4 });
}
