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
      if (call.method !== 'ask') return;
      for (const ask of call.args[0]) {
        if (ask.kind === 'pause') paused.add(ask.target.name);
        if (ask.kind === 'resume') paused.delete(ask.target.name);
      }
    },
  };
};
