import type { AnyJob } from '../job/define.ts';
import { hasCode } from '../job/errors.ts';
import { readFailure } from '../job/failure.ts';
import type { OutputLine } from '../job/output-line.ts';
import type { Step } from '../job/step.ts';
import type { Claim } from '../ports/store-claim.ts';
import type { Activity } from './activity.ts';
import { Dispenser } from './dispenser.ts';
import type { Host } from './host.ts';
import type { Mailbox } from './mailbox.ts';
import { StepJournal } from './step-journal.ts';
import { createStep } from './step-kinds.ts';
import { Steps } from './steps.ts';
import { newRun } from './submission.ts';

export interface AttemptStepsOptions {
  readonly claim: Claim;
  readonly job: AnyJob;
  readonly host: Host;
  readonly skewMs: number;
  readonly activity: Activity;
  readonly mailbox: Mailbox;
  readonly signal: AbortSignal;
  readonly gate: () => Promise<void>;
  readonly resumed: () => Promise<void>;
  readonly onLost: () => void;
  readonly isOver: () => boolean;
  readonly write: (line: OutputLine) => void;
}

/** The steps of one attempt, ready for its handler: what was recorded is read, what comes is wired to the journal. */
export class AttemptSteps {
  readonly step: Step;
  readonly #steps: Steps;

  private constructor(step: Step, steps: Steps) {
    this.step = step;
    this.#steps = steps;
  }

  static async open(options: AttemptStepsOptions): Promise<AttemptSteps> {
    const { claim, job, host, skewMs, onLost, isOver, write } = options;
    const { clock, journal, limits, store } = host;
    const { run, epoch, generation, root, traceId } = claim;
    const [records = []] = claim.steps > 0 ? await insist(options, () => store.steps([run])) : [];
    const steps = new Steps({
      ...options,
      run,
      generation,
      records,
      clock,
      journal: new StepJournal({ journal, clock, run, epoch, onLost, isOver }),
      dispenser: new Dispenser(),
    });
    const step = createStep({
      steps,
      retry: job.retry,
      graceMs: job.graceMs,
      maxBytes: limits.valueBytes,
      skewMs,
      newChild: (child, input) =>
        newRun(child, { input, trigger: 'parent', parent: { run, root }, traceId }, limits.valueBytes),
      onChild: host.wake.work,
      readRun: (child) => insist(options, async () => (await store.get([child]))[0] ?? null),
      onItemFailed: (name, item, thrown) => {
        const text = `item ${item} of ${name} failed: ${readFailure(thrown).failure.message}`;
        write({ at: clock.now(), stream: 'log', level: 'error', text, step: name });
      },
    });
    return new AttemptSteps(step, steps);
  }

  close(): void {
    this.#steps.close();
  }

  /** Is this the recorded failure of a step, itself or as a cause? */
  isRecordedFailure(thrown: unknown): boolean {
    return this.#steps.isRecordedFailure(thrown);
  }
}

/** Reads that a run cannot go on without are repeated like records are (STORE §1.5). */
async function insist<T>({ host, signal }: AttemptStepsOptions, read: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!hasCode(error, 'STORE_UNAVAILABLE')) throw error;
      await host.clock.sleep(pauseMs, signal);
    }
  }
}

const pauseMs = 500;
