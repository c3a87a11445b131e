import type { AnyJob } from '../../job/define.ts';
import type { StepRecord } from '../../job/run.ts';
import type { Step } from '../../job/step.ts';
import type { Claim } from '../../ports/store-claim.ts';
import type { AttemptSpan } from '../../ports/tracer.ts';
import type { Abort } from '../../std/abort.ts';
import type { AttemptEnding } from './attempt-ending.ts';
import type { AttemptOutput } from './attempt-output.ts';
import type { ConsoleSink } from './console-capture.ts';
import type { ResponseNotes } from './context.ts';
import type { Host, Slot } from '../host/host.ts';
import type { Mailbox } from '../steps/mailbox.ts';
import type { RunTimer } from './run-timer.ts';

/**
 * One execution of a job, as all parts of its attempt share it: the runner, the steps, the conclusion. It is made once and
 * handed on whole, because a new object of options at each hop is what a short run would pay most for.
 */
export interface Execution {
  readonly claim: Claim;
  readonly job: AnyJob;
  readonly host: Host;
  readonly slot: Slot;
  /** What the store's clock said when our monotonic clock began. */
  readonly storeClockOffsetMs: number;
  /** Tells the code to end: cancel, time-out, interruption, lost run. */
  readonly abort: Abort;
  readonly ending: AttemptEnding;
  readonly timer: RunTimer;
  readonly mailbox: Mailbox;
  readonly output: AttemptOutput;
  readonly response: ResponseNotes;
  /** Makes the durable half of the attempt when it is first called. */
  readonly step: () => Step;
  /** Undefined where nobody collects spans. */
  span: AttemptSpan | undefined;
  /** What the job's schema made of the input. It is set before the runner is called. */
  input: unknown;
  /** The services of the job, opened. They are set before the runner is called. */
  services: unknown;
  /** The steps that were recorded before this attempt. */
  records: readonly StepRecord[];
  /** Takes what the code writes with `console`, where it runs in this process; undefined until then. */
  sink: ConsoleSink | undefined;
}
