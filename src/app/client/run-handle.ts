import { restoreFailure } from '../../job/failure.ts';
import type { Run, RunId } from '../../job/run.ts';
import type { RunState } from '../../job/state.ts';
import type { ActionResult } from '../../ports/store-action.ts';
import type { WaitOptions } from './run-reader.ts';

/** The part of a client that a handle needs. */
export interface Follower {
  wait(ref: string, options: WaitOptions): Promise<Run>;
  cancel(ref: string, reason?: string): Promise<ActionResult>;
}

/** A run that was asked for. */
export class RunHandle<Output = unknown> {
  readonly id: RunId;
  readonly key: string | null;
  /** The key where there is one, else the id (contract VT-5). */
  readonly jobId: string;
  /** The state when the run was asked for. A run that existed may have ended long ago. */
  readonly state: RunState;
  /** False: the key existed, and this is the run that has it. */
  readonly created: boolean;
  readonly #client: Follower;

  constructor(client: Follower, run: Pick<Run, 'id' | 'key' | 'state'>, created: boolean) {
    const { id, key, state } = run;
    this.#client = client;
    this.id = id;
    this.key = key;
    this.jobId = key ?? id;
    this.state = state;
    this.created = created;
  }

  /** Waits for the end. @throws what the run failed with, or WAIT_TIMED_OUT */
  async result(options: WaitOptions = {}): Promise<Output> {
    const run = await this.#client.wait(this.id, options);
    if (run.state === 'succeeded') return (run.output === null ? undefined : JSON.parse(run.output)) as Output;
    throw restoreFailure(run.error ?? { code: 'JOB_FAILED', message: `the run is ${run.state}` });
  }

  cancel(reason?: string): Promise<ActionResult> {
    return this.#client.cancel(this.id, reason);
  }
}
