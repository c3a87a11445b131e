import type { Duration } from '../std/duration.ts';
import type { Progress, Run, RunId } from '../job/run.ts';
import type { OutputLine } from '../job/output-line.ts';
import type { Trigger } from '../job/state.ts';

/** A run that the caller wants now, in this process, and waits for. */
export interface ExecuteRequest {
  readonly job: string;
  /** Undefined: none. Ignored where `body` is given. */
  readonly input?: unknown;
  /**
   * The very text of `--data`, or of what came over HTTP: JSON where it parses, else the text itself is the input
   * (CONTRACTS EGO-5). Bytes that are no text are no input; the job reads them from its request.
   */
  readonly body?: string | Uint8Array;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly args?: readonly string[];
  readonly key?: string;
  readonly delay?: Duration;
  readonly priority?: number;
  readonly timeout?: Duration;
  readonly trigger: Trigger;
}

/** A run that was left to a worker. */
export interface EnqueuedRun {
  readonly run: Run;
  /** False: the key existed, and this is the run that has it. */
  readonly created: boolean;
}

/** Told while the runs go on; every call names its run. */
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
