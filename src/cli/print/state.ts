import type { RunState } from '../../job/state.ts';
import type { StepState } from '../../job/run.ts';
import type { Paint } from './paint.ts';

/** A state as sign and word, so that colour is never the only difference (DESIGN §7). */
export function stateWord(state: RunState | StepState, paint: Paint): string {
  const { sign, colour } = looks[state];
  return colour(paint)(`${sign} ${state}`);
}

export function stateSign(state: RunState | StepState, paint: Paint): string {
  const { sign, colour } = looks[state];
  return colour(paint)(sign);
}

const looks: Readonly<
  Record<RunState | StepState, { sign: string; colour: (paint: Paint) => (text: string) => string }>
> = {
  queued: { sign: '○', colour: (paint) => paint.yellow },
  running: { sign: '●', colour: (paint) => paint.blue },
  waiting: { sign: '◌', colour: (paint) => paint.cyan },
  succeeded: { sign: '✓', colour: (paint) => paint.green },
  failed: { sign: '✗', colour: (paint) => paint.red },
  cancelled: { sign: '⊘', colour: (paint) => paint.dim },
};
