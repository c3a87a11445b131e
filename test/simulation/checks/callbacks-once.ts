import { callbackKey, endsInCallback } from '../../../src/job/callbacks.ts';
import type { RunId } from '../../../src/job/run.ts';
import type { MakeCheck } from '../check.ts';

/** The last end of a run is called back, by one run, which succeeds. Earlier ends may be passed over: the run began anew. */
export const callbacksOnce: MakeCheck = ({ ledger, blame }) => {
  const called = new Map<RunId, string>();
  return {
    calledBack({ run, state }) {
      called.set(run, state);
    },
    end(runs) {
      for (const run of ledger.runs) {
        const last = run.ends.at(-1);
        if (!last || !endsInCallback(run.callbacks, last.state)) continue;
        const key = callbackKey({ id: run.id, epoch: last.epoch });
        const made = runs.filter((one) => one.key === key);
        if (made.length > 1) blame(`${run.name} is called back by ${made.length} runs`);
        const [only] = made;
        if (called.get(run.id) !== last.state && only?.error?.code !== 'RUN_CRASHED')
          blame(`${run.name} ${last.state} and is not called back`);
      }
    },
  };
};
