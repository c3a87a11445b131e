import type { Failure } from './failure.ts';
import type { RunState, Trigger } from './state.ts';

/** A UUIDv7 as text; sorts by time of creation. */
export type RunId = string;

/** JSON as text, exactly as it stands in the store. */
export type JsonText = string;

/** How far a run is: `fraction` from 0 to 1 where known, and a word to show beside it. */
export interface Progress {
  readonly fraction: number | null;
  readonly text: string | null;
}

/** The headers and the very bytes that a run was asked with. `body` null: the text of `input` is the body. */
export interface StoredRequest {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | null;
  readonly encoding: 'utf8' | 'base64';
}

/** What a handler said through `response`, kept so that a repeated question gets the same answer. */
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
  /** It was in execution when its worker crashed, and has recorded nothing since: not two of these run in one process. */
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
  /** In words, what a waiting run waits for. */
  readonly waitingFor: readonly string[];
  readonly schedule: string | null;
  readonly scheduledAt: number | null;
  readonly createdAt: number;
  /** When it becomes, or became, due; null while it waits for a word from outside only. */
  readonly dueAt: number | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** Label of the node that runs it, or ran it last. */
  readonly node: string | null;
  readonly traceId: string;
  readonly parent: RunId | null;
  readonly root: RunId;
  /** Only where asked for. */
  readonly steps?: readonly StepRecord[];
  /** In a list: values too large for it, which are null or empty here, and their sizes in bytes. Read alone, a run has all. */
  readonly omitted?: Readonly<Partial<Record<OmittedValue, number>>>;
}

export type OmittedValue = 'input' | 'args' | 'request' | 'output' | 'response' | 'error';

export type StepKind = 'step' | 'sleep' | 'wait' | 'child' | 'callback';
export type StepState = 'running' | 'succeeded' | 'failed';

/** A step as the store knows it. `running` = begun and not finished: its tries, its wake-up instant or its child. */
export interface StepRecord {
  readonly key: string;
  readonly kind: StepKind;
  readonly state: StepState;
  /** Executions so far; a crash is none. */
  readonly tries: number;
  /** Order of first asking within the run, from 0: what `restart --from` forgets by. */
  readonly firstSeq: number;
  readonly output: JsonText | null;
  readonly error: Failure | null;
  /** When a sleep ends, a wait gives up or the next try is due; by the store's clock. */
  readonly resumeAt: number | null;
  readonly child: RunId | null;
  readonly startedAt: number;
  readonly finishedAt: number | null;
}
