import type { MakeCheck } from '../check.ts';

/**
 * Nothing before it is due: claims by the store's clock, which is exact. Sleeps, time-outs and next tries are measured by
 * the worker's clock, which may be fast, and counted from the asking, which was recorded some time later: behind the
 * group before it, and when the answer of a claim had been on its way. Within one epoch that clock says itself how long it was.
 */
export const notEarly: MakeCheck = ({ ledger, blame, haste }) => {
  const isEarly = (now: number, begunAt: number, resumeAt: number): boolean => {
    const { speed, latencyMs } = haste();
    return now + (now - begunAt) * Math.max(0, speed - 1) + 2 * latencyMs + 2 < resumeAt;
  };
  return {
    call(call) {
      if (call.method === 'claim') {
        for (const { run: id } of call.answer.claims) {
          const run = ledger.find(id);
          if (run && run.state !== 'running' && run.dueAt > call.now)
            blame(`${run.name} is claimed ${run.dueAt - call.now} ms before it is due`);
        }
      }
      if (call.method !== 'record') return;
      call.args[0].entries.forEach((entry, i) => {
        const run = ledger.find(entry.run);
        if (entry.kind !== 'step' || entry.type === 'child' || call.answer[i] !== 'ok') return;
        const begun = run?.steps.get(entry.key);
        if (!run || begun?.state !== 'running' || begun.resumeAt === null || entry.consumes !== null) return;
        const isLongEnough =
          begun.epoch === entry.epoch && entry.finishedAt - entry.startedAt + 1 >= begun.resumeAt - begun.begunAt;
        if (!isLongEnough && isEarly(call.now, begun.begunAt, begun.resumeAt))
          blame(`${run.name}: ${entry.key} ends ${begun.resumeAt - call.now} ms before it is due`);
      });
    },
  };
};
