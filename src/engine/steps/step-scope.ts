import { AsyncLocalStorage } from 'node:async_hooks';
import { OnejobError } from '../../job/errors.ts';
import type { StepCall } from './step-journal.ts';

const scope = new AsyncLocalStorage<StepCall>();

/** Calls the work of a step; what it calls, also later, is inside of it. */
export function insideOf<T>(step: StepCall, work: () => T): T {
  return scope.run(step, work);
}

/** The step whose work executes now. It may belong to another attempt: the work of a step may begin one. */
export function outerStep(): StepCall | undefined {
  return scope.getStore();
}

/**
 * A step inside of a step is refused. The outer one keeps its slot while it waits for the inner one, so a few of them,
 * each with a child, hold all slots that their children need.
 */
export function nested(key: string, outer: string): OnejobError {
  const names = `${JSON.stringify(key)} was asked for inside of the step ${JSON.stringify(outer)}`;
  return new OnejobError(
    'CONFIG_INVALID',
    `the step ${names}; write it in the handler: const x = await step(…), and then use x in the other step`,
  );
}
