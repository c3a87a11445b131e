import type { RunRequest } from '../intake/run-request.ts';
import type { Client } from './client/client.ts';
import type { EnqueuedRun } from './execute.ts';
import type { Jobs } from './job-catalog.ts';
import type { AppOptions } from './config/options.ts';

/** The part of an app that commands on jobs and runs need: `App` has it on a store, `RemoteApp` on a server. */
export interface CommandApp {
  readonly client: Client;
  readonly jobs: Jobs;
  readonly config: { readonly options: Pick<AppOptions, 'store'> };
  enqueue(requests: readonly RunRequest[]): Promise<EnqueuedRun[]>;
  stop(): Promise<void>;
}
