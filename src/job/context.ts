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

/** What the job answers with besides its return value (contracts EGO-7, EGO-9). The last call of each kind counts. */
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
  /**
   * The span of the code that reads this (W3C Trace Context). Sent as a header, it makes a call part of the same trace.
   */
  readonly traceparent: string;
  readonly createdAt: Date;
  readonly parentId: RunId | null;
}

/** The one argument of a handler. */
export interface JobContext<Input, Services> {
  readonly input: Input;
  /** The arguments that `--params 'a;b'` gave. */
  readonly args: readonly string[];
  /** The headers and the body that the run was asked with: over HTTP, by `--data` and `--header`, or by a message. */
  readonly request: Request;
  /** A header of the request as text; unlike `request.headers` it is not limited to Latin-1 (contract EGO-27). */
  readonly header: (name: string) => string | undefined;
  readonly response: JobResponse;
  readonly step: Step;
  readonly log: RunLog;
  /**
   * Aborts when the run is cancelled, timed out or lost, or the process stops; `signal.reason` is an error with a code.
   */
  readonly signal: AbortSignal;
  readonly services: Services;
  readonly run: RunInfo;
  /** The number of this execution of the handler, from 1. A crash counts as no attempt. */
  readonly attempt: number;
  readonly scheduledAt: Date | null;
  /** Says how far the run is, `fraction` from 0 to 1. It is kept with the run and shown. It is cheap: call it often. */
  readonly progress: (fraction: number, text?: string) => void;
}
