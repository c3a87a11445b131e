import { withoutConsole } from '../engine/attempt/console-capture.ts';
import type { Observer } from '../engine/host/host.ts';
import type { OutputLine } from '../job/output-line.ts';
import type { Progress, RunId } from '../job/run.ts';
import type { Log } from '../ports/log.ts';
import type { Claim } from '../ports/store-claim.ts';
import type { RunWatcher } from './execute.ts';
import { logLine } from './logging/run-log.ts';

/**
 * Passes on what the engine tells of a run to whoever watches that run, who may well use `console` to show it. Lines of
 * a run that nobody watches go to the log of the process.
 */
export class Watchers implements Observer {
  readonly #byRun = new Map<RunId, RunWatcher>();
  readonly #log: () => Log;

  constructor(log: () => Log) {
    this.#log = log;
  }

  /** Returns the way to stop watching. */
  watch(run: RunId, watcher: RunWatcher): () => void {
    this.#byRun.set(run, watcher);
    return () => this.#byRun.delete(run);
  }

  onLine(run: RunId, line: OutputLine, claim: Claim): void {
    const watcher = this.#byRun.get(run);
    withoutConsole(() => (watcher ? watcher.onLine?.(run, line) : logLine(this.#log(), claim, line)));
  }

  onProgress(run: RunId, progress: Progress): void {
    withoutConsole(() => this.#byRun.get(run)?.onProgress?.(run, progress));
  }

  onWaiting(run: RunId, waitingFor: readonly string[]): void {
    withoutConsole(() => this.#byRun.get(run)?.onWaiting?.(run, waitingFor));
  }
}
