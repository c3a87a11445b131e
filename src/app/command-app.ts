import type { Registry } from '../job/registry.ts';
import type { JobFileProblem } from '../plugins/problem.ts';
import type { Client } from './client.ts';
import type { EnqueuedRun, ExecuteRequest } from './execute.ts';
import type { AppOptions } from './options.ts';

/** As much of an app as commands on jobs and runs need: `App` on a store, `RemoteApp` on a server. */
export interface CommandApp {
  readonly client: Client;
  /** Filled by `loadJobs`. */
  readonly registry: Registry;
  readonly problems: readonly JobFileProblem[];
  readonly options: Pick<AppOptions, 'store'>;
  loadJobs(): Promise<void>;
  enqueue(requests: readonly ExecuteRequest[]): Promise<EnqueuedRun[]>;
  stop(): Promise<void>;
}
