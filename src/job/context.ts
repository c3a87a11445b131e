import type { Step } from './step.ts';
import type { RunId } from './run.ts';
import type { Trigger } from './state.ts';

/** A logger whose lines are kept with the run; `fields` is JSON. */
export interface RunLog {
  debug(text: string, fields?: Record<string, unknown>): void;
  info(text: string, fields?: Record<string, unknown>): void;
  warn(text: string, fields?: Record<string, unknown>): void;
  error(text: string, fields?: Record<string, unknown>): void;
}

/** What the job answers with besides its return value (contracts EGO-7, EGO-9). The last word of each kind counts. */
export interface JobResponse {
  status(code: number): JobResponse;
  header(name: string, value: string): JobResponse;
  /** Adds to the body; the terminal prints it instead of the returned value. */
  write(text: string): JobResponse;
}

/** What a handler may know of its run. */
export interface RunInfo {
  readonly id: RunId;
  readonly key: string | null;
  readonly job: string;
  readonly trigger: Trigger;
  readonly traceId: string;
  /** Of the code that reads it, to hand on as a header (W3C Trace Context): what it calls belongs to the same trace. */
  readonly traceparent: string;
  readonly createdAt: Date;
  readonly parentId: RunId | null;
}

/** The one argument of a handler. */
export interface JobContext<Input, Services> {
  readonly input: Input;
  /** The words of `--params 'a;b'`. */
  readonly args: readonly string[];
  /** Headers and body as given, over HTTP, by `--data` and `--header`, or by a message. */
  readonly request: Request;
  /** A header of the request as text; unlike `request.headers` it is not limited to Latin-1 (contract EGO-27). */
  readonly header: (name: string) => string | undefined;
  readonly response: JobResponse;
  readonly step: Step;
  readonly log: RunLog;
  /** Aborts on cancel, time-out, stop and lost lease; `signal.reason` is an error with a code. */
  readonly signal: AbortSignal;
  readonly services: Services;
  readonly run: RunInfo;
  /** Execution of the handler, from 1; a crash is no attempt. */
  readonly attempt: number;
  readonly scheduledAt: Date | null;
  /** `fraction` from 0 to 1; shown on terminal and page, kept with the run. Cheap: call it as often as you like. */
  readonly progress: (fraction: number, text?: string) => void;
}
