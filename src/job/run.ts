import type { Failure } from './failure.ts';
import type { RunState, Trigger } from './state.ts';

/** A UUIDv7 as text. Ids sort by the time at which they were made. */
export type RunId = string;

/** JSON as text, exactly as it stands in the store. */
export type JsonText = string;

/** How far a run is: `fraction` from 0 to 1 where it is known, and a text to show beside it. */
export interface Progress {
  readonly fraction: number | null;
  readonly text: string | null;
}

/** The headers and the exact bytes that a run was asked with. Where `body` is null, the text of `input` is the body. */
export interface StoredRequest {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | null;
  readonly encoding: 'utf8' | 'base64';
}

/** What a handler wrote to `response`. It is kept so that a repeated request gets the same answer. */
export interface StoredResponse {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | null;
}

/** One run as the store knows it. Instants are milliseconds since the epoch, by the store's clock. */
export interface Run {
  readonly id: RunId;
  readonly key: string | null;
  readonly job: string;
  readonly queue: string;
  readonly state: RunState;
  readonly trigger: Trigger;
  readonly priority: number;
  readonly attempt: number;
  readonly crashes: number;
  /** The run was in execution when its worker crashed, and has recorded nothing since (protocol/liveness#suspects). */
  readonly isSuspect?: true;
  readonly epoch: number;
  readonly generation: number;
  readonly input: JsonText | null;
  readonly args: readonly string[];
  readonly request: StoredRequest | null;
  readonly output: JsonText | null;
  readonly response: StoredResponse | null;
  readonly error: Failure | null;
  readonly progress: Progress | null;
  /** What a waiting run waits for, in words for people. */
  readonly waitingFor: readonly string[];
  readonly schedule: string | null;
  readonly scheduledAt: number | null;
  readonly createdAt: number;
  /** The instant at which it becomes, or became, due. Null while only a mailbox item can wake it. */
  readonly dueAt: number | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** The label of the node that executes it, or did so last. */
  readonly node: string | null;
  readonly traceId: string;
  readonly parent: RunId | null;
  readonly root: RunId;
  /** The steps, where they were asked for. */
  readonly steps?: readonly StepRecord[];
  /**
   * In a list: the sizes, in bytes, of values that are too large for it. Those are null or empty here; `get` gives
   * them.
   */
  readonly omitted?: Readonly<Partial<Record<OmittedValue, number>>>;
}

export type OmittedValue = 'input' | 'args' | 'request' | 'output' | 'response' | 'error';

export type StepKind = 'step' | 'sleep' | 'wait' | 'child' | 'callback';
export type StepState = 'running' | 'succeeded' | 'failed';

/**
 * A step as the store knows it. A `running` one has begun and not ended: it has tries, an instant to go on, or a child.
 */
export interface StepRecord {
  readonly key: string;
  readonly kind: StepKind;
  readonly state: StepState;
  /** How often it was tried. A crash counts as no try. */
  readonly tries: number;
  /**
   * Its place among the steps that the run asked for, from 0. `restart --from` forgets by it
   * (protocol/replay#step-numbers).
   */
  readonly firstSeq: number;
  readonly output: JsonText | null;
  readonly error: Failure | null;
  /** The instant at which a sleep ends, a wait gives up or the next try is due, by the store's clock. */
  readonly resumeAt: number | null;
  readonly child: RunId | null;
  readonly startedAt: number;
  readonly finishedAt: number | null;
}
