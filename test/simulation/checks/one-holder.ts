import { isFinal } from '../../../src/job/state.ts';
import type { MakeCheck } from '../check.ts';

/** A run is in one hand at a time, and only that hand writes. */
export const oneHolder: MakeCheck = ({ ledger, blame }) => ({
  call(call) {
    if (call.method === 'claim') {
      for (const { run: id, epoch } of call.answer.claims) {
        const run = ledger.find(id);
        if (!run) continue;
        const isRepeat = run.holder === call.worker && run.epoch === epoch;
        if (run.state === 'running' && !isRepeat) blame(`${run.name} is claimed and held already`);
        else if (isFinal(run.state)) blame(`${run.name} is claimed and has ended`);
        else if (run.epoch >= epoch && !isRepeat) blame(`${run.name} is claimed in an epoch that it had before`);
      }
    }
    if (call.method !== 'record') return;
    call.args[0].entries.forEach((entry, i) => {
      const run = ledger.find(entry.run);
      if (!run || call.answer[i] !== 'ok') return;
      if (run.state === 'running' && run.holder === call.worker && run.epoch === entry.epoch) return;
      const isRepeat = run.epoch === entry.epoch && run.holder === null;
      if (entry.kind === 'step' || entry.kind === 'try' || !isRepeat)
        blame(`${run.name}: a ${entry.kind} of who does not hold it is accepted`);
    });
  },
});
