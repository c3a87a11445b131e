import { callbackFor, callbackKey } from '../../job/callbacks.ts';
import type { JobContext } from '../../job/context.ts';
import type { Run } from '../../job/run.ts';
import { isFinal } from '../../job/state.ts';
import type { Store } from '../../ports/store.ts';
import type { Execution } from './execution.ts';
import { stepParts } from '../journal/read-past.ts';
import { retryUntilAvailable } from '../journal/retry-until-available.ts';

/** Executes the callback of the run that this one was created for, with that run's final context (contract VT-4). */
export async function runCallback(
  { claim, job, host, abort }: Execution,
  { services, log, signal }: JobContext<never, never>,
): Promise<void> {
  const { parent } = claim;
  // A store that is away for a moment must not use up the only attempt of a callback.
  const read = async () => {
    const [run] = parent === null ? [] : await retryUntilAvailable(host.clock, abort, () => host.store.get([parent]));
    // Pruned, or run again since: its next end has a callback of its own.
    return run && isFinal(run.state) && callbackKey(run) === claim.key ? { ...run, state: run.state } : undefined;
  };
  const run = await read();
  if (!run) return;
  const callback = callbackFor(job.callbacks, run.state);
  if (!callback) return;
  const { id, key, job: name, state, error } = run;
  const output = await finalContext(run, (request) =>
    retryUntilAvailable(host.clock, abort, () => host.store.steps(request)),
  );
  // Asked again behind the steps, which may take long: by now its next end may have been called back.
  if (run.output === null && !(await read())) return;
  await callback({ run: { id, key, job: name }, state, output: output as never, error }, { services, log, signal });
}

/** What the last step saved; of all the others nothing is kept. */
async function finalContext({ id, input, output }: Run, readSteps: Store['steps']): Promise<unknown> {
  let text = output ?? input;
  if (output === null) {
    for await (const steps of stepParts(id, readSteps)) {
      const last = steps.findLast(({ state, kind }) => state === 'succeeded' && kind === 'step');
      if (last) text = last.output;
    }
  }
  return text === null ? undefined : JSON.parse(text);
}
