import { restoreFailure } from '../job/failure.ts';
import type { RunId } from '../job/run.ts';
import type { AskAnswer } from '../ports/store-ask.ts';
import type { Client } from './client.ts';
import type { WaitOptions } from './run-reader.ts';

/** A run that was asked for. */
export class RunHandle<Output = unknown> {
  readonly id: RunId;
  readonly key: string | null;
  /** The key where there is one, else the id (CONTRACTS VT-5). */
  readonly jobId: string;
  /** False: the key existed, and this is the run that has it. */
  readonly created: boolean;
  readonly #client: Pick<Client, 'wait' | 'cancel'>;

  constructor(client: Pick<Client, 'wait' | 'cancel'>, id: RunId, key: string | null, created: boolean) {
    this.#client = client;
    this.id = id;
    this.key = key;
    this.jobId = key ?? id;
    this.created = created;
  }

  /** Waits for the end. @throws what the run failed with, or WAIT_TIMED_OUT */
  async result(options: WaitOptions = {}): Promise<Output> {
    const run = await this.#client.wait(this.id, options);
    if (run.state === 'succeeded') return (run.output === null ? undefined : JSON.parse(run.output)) as Output;
    throw restoreFailure(run.error ?? { code: 'JOB_FAILED', message: `the run is ${run.state}` });
  }

  cancel(reason?: string): Promise<AskAnswer> {
    return this.#client.cancel(this.id, reason);
  }
}
