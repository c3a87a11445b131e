import { isCallbackRun } from '../../job/callbacks.ts';
import { runCallback } from './callback.ts';
import { withConsole } from './console-capture.ts';
import { createContext } from './context.ts';
import type { Runner } from './runner.ts';

/** Calls the handler in this process. Nothing can hold or end it: it may ignore a full buffer and its signal. */
export const inlineRunner: Runner = {
  run(execution) {
    const { claim, job, host, output } = execution;
    const context = createContext(execution);
    execution.sink = (line) => void output.write({ at: host.clock.now(), ...line });
    return withConsole(execution.sink, () =>
      isCallbackRun(claim) ? runCallback(execution, context) : job.run(context),
    );
  },
  terminate: () => false,
};
