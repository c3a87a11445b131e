import { setImmediate as nextTurn } from 'node:timers/promises';
import { WaitTracker } from './wait-tracker.ts';
import type { Execution } from '../attempt/execution.ts';
import { StepCalls } from './step-calls.ts';
import { StepGate } from './step-gate.ts';
import { StepJournal } from './step-journal.ts';
import { StepResults } from './step-results.ts';
import { StepWaits } from './step-waits.ts';
import { Suspension } from './suspension.ts';

/**
 * The durable half of an attempt, on which every kind of step stands. It is made when the handler first touches `step`, so
 * a job without steps pays for none of it.
 */
export class StepRuntime {
  readonly execution: Execution;
  readonly waitTracker: WaitTracker;
  readonly suspension: Suspension;
  readonly gate: StepGate;
  readonly journal: StepJournal;
  readonly results: StepResults;
  readonly calls: StepCalls;
  readonly waits: StepWaits;
  /** There are children, which are cancelled where the run does not succeed. */
  hasChildren: boolean;

  constructor(execution: Execution) {
    this.execution = execution;
    this.waitTracker = new WaitTracker(() => this.suspension.consider());
    this.suspension = new Suspension(execution, this.waitTracker);
    this.gate = new StepGate(execution, this.waitTracker, this.suspension);
    this.journal = new StepJournal(execution);
    this.results = new StepResults(execution, this.waitTracker, this.journal);
    this.calls = new StepCalls(execution, this.results);
    this.waits = new StepWaits(execution, this.waitTracker, this.suspension);
    this.hasChildren = execution.records.some(({ child }) => child !== null);
  }

  /** The attempt is over: open waits end without a word, and nothing parks any more. */
  close(): void {
    this.waits.close();
    this.suspension.close();
  }

  /**
   * No step begins any more. Resolves when every one that was begun has settled; undefined: they have. Sleeps, events
   * and children that nobody awaits any more, such as the loser of a race, are not waited for; the next try of a step
   * is, unless the handler failed.
   */
  quiet(tries: 'all tries' | 'this try'): Promise<void> | undefined {
    this.calls.seal();
    this.suspension.seal(tries);
    return this.results.missing > 0 ? this.#settled(tries) : undefined;
  }

  async #settled(tries: 'all tries' | 'this try'): Promise<void> {
    const { waitTracker, results } = this;
    const busy = (): boolean => waitTracker.working > 0 || (tries === 'all tries' && waitTracker.owesTries);
    while (results.missing > 0) {
      while (busy()) await waitTracker.changed();
      await nextTurn(); // between the work of a step and its record there is a moment with neither
      if (!busy()) return;
    }
  }
}
