import { callbackKey, endsInCallback } from '../../../src/job/callbacks.ts';
import type { Run, RunId } from '../../../src/job/run.ts';
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
        const made = runs.filter(({ key }) => key?.startsWith(`callback:${run.id}:`));
        if (made.length > run.ends.length)
          blame(`${run.name} ended ${run.ends.length} times and has ${made.length} callbacks`);
        const last = run.ends.at(-1);
        if (!last || !endsInCallback(run.callbacks, last.state)) continue;
        const its = made.find(({ key }) => key === callbackKey({ id: run.id, epoch: last.epoch }));
        if (called.get(run.id) !== last.state && its?.error?.code !== 'RUN_CRASHED' && !isTakenBack(its))
          blame(`${run.name} ${last.state} and is not called back`);
      }
    },
  };
};

/** Somebody cancelled the callback itself. No end of another run does. */
function isTakenBack(callback: Run | undefined): boolean {
  const { code, message = '' } = callback?.error ?? {};
  return code === 'RUN_CANCELLED' && !message.startsWith('cancelled by run ');
}
