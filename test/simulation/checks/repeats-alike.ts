import type { MakeCheck } from '../check.ts';
import type { Observed } from '../observed.ts';

/** A call that is made twice in a row is answered alike. A run whose claim or burial was answered is not answered again. */
export const repeatsAlike: MakeCheck = ({ blame }) => {
  let last: Observed | undefined;
  return {
    call(call) {
      const before = last;
      last = call;
      if (before?.method !== call.method || before.args !== call.args || isOnce.has(call.method)) return;
      const [first, second] = [before.answer, call.answer].map((answer) => JSON.stringify(answer));
      if (first !== second) blame(`${call.method} is answered ${first}, and when it is repeated ${second}`);
    },
  };
};

const isOnce = new Set(['claim', 'bury', 'beat', 'workers', 'prune']);
