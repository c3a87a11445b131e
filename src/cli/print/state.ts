import type { RunState } from '../../job/state.ts';
import type { Paint } from './paint.ts';

/** `unfinished`: a step that its run ended without. */
export type ShownState = RunState | 'unfinished';

/** A state as sign and word, so that colour is never the only difference. */
export function stateText(state: ShownState, paint: Paint): string {
  const { sign, colour } = looks[state];
  return colour(paint)(`${sign} ${state}`);
}

export function stateSign(state: ShownState, paint: Paint): string {
  const { sign, colour } = looks[state];
  return colour(paint)(sign);
}

const looks: Readonly<Record<ShownState, { sign: string; colour: (paint: Paint) => (text: string) => string }>> = {
  queued: { sign: '○', colour: (paint) => paint.yellow },
  running: { sign: '●', colour: (paint) => paint.blue },
  waiting: { sign: '◌', colour: (paint) => paint.cyan },
  succeeded: { sign: '✓', colour: (paint) => paint.green },
  failed: { sign: '✗', colour: (paint) => paint.red },
  unfinished: { sign: '○', colour: (paint) => paint.dim },
  cancelled: { sign: '⊘', colour: (paint) => paint.dim },
};
