import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { App } from '../../src/app/app.ts';
import type { RunWatcher } from '../../src/app/execute.ts';
import type { RunRequest } from '../../src/intake/run-request.ts';
import type { AppOptions } from '../../src/app/config/options.ts';
import type { AnyJob } from '../../src/job/define.ts';
import type { OutputLine } from '../../src/job/output-line.ts';
import type { Run } from '../../src/job/run.ts';
import { createApp } from '../../src/program/create-app.ts';
import { openFolder } from './folder.ts';
import { RecordingLog } from './recording-log.ts';

/** An app with a log to read; stopped when the test has ended. */
export interface TestApp {
  readonly app: App;
  readonly log: RecordingLog;
  /** Runs one job and gives its run. */
  run(job: string, request?: Partial<RunRequest>, watcher?: RunWatcher): Promise<Run>;
  /** The output of a run, as it is kept. */
  lines(ref: string): Promise<OutputLine[]>;
  /** The steps of a run, `key state tries` each, in the order in which they were recorded. */
  steps(ref: string): Promise<string[]>;
}

/** On `memory:` unless told otherwise, which is a store of its own for each app. */
export function openApp(jobs: readonly AnyJob[], options: AppOptions = {}): TestApp {
  const log = new RecordingLog();
  const app = createApp({ store: 'memory:', log, jobs, ...options });
  onTestFinished(() => app.stop(0).catch(() => undefined)); // a test that took its store away has heard of it
  return {
    app,
    log,
    async run(job, request = {}, watcher = {}) {
      const [run] = await app.execute([{ job, trigger: 'api', ...request }], watcher);
      return run!;
    },
    async lines(ref) {
      const lines: OutputLine[] = [];
      for await (const { line } of app.client.lines(ref)) lines.push(line);
      return lines;
    },
    async steps(ref) {
      const { steps = [] } = await app.client.find(ref, { steps: true });
      return steps.map(({ key, state, tries }) => `${key} ${state} ${tries}`);
    },
  };
}

/** The URL of a SQLite file that several apps can share; gone when the test has ended. */
export async function fileStore(): Promise<string> {
  return `sqlite:${join(await openFolder(), 'onejob.db')}`;
}
