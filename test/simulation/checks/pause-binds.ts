import type { MakeCheck } from '../check.ts';

/** Runs of a paused job are not begun. */
export const pauseBinds: MakeCheck = ({ ledger, blame }) => {
  const paused = new Set<string>();
  return {
    call(call) {
      if (call.method === 'claim') {
        for (const { run, job } of call.answer.claims)
          if (paused.has(job)) blame(`${ledger.nameOf(run)} is claimed and its job is paused`);
      }
      if (call.method !== 'act') return;
      for (const action of call.args[0]) {
        if (action.kind === 'pause') paused.add(action.target.name);
        if (action.kind === 'resume') paused.delete(action.target.name);
      }
    },
  };
};
