import type { Progress, Run, RunId } from '../job/run.ts';
import type { OutputLine } from '../job/output-line.ts';

/** A run that was left to a worker. */
export interface EnqueuedRun {
  readonly run: Run;
  /** False: the key existed, and this is the run that has it. */
  readonly created: boolean;
}

/** Is told what happens while the runs execute. Every call names its run. */
export interface RunWatcher {
  onStart?(run: {
    readonly id: RunId;
    readonly job: string;
    readonly traceId: string;
    /** false: a run of the same key was there already. */
    readonly created: boolean;
  }): void;
  onLine?(run: RunId, line: OutputLine): void;
  onProgress?(run: RunId, progress: Progress): void;
  onWaiting?(run: RunId, waitingFor: readonly string[]): void;
  onEnd?(run: Run): void;
}
