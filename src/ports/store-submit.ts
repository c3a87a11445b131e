import type { CalledBack } from '../job/callbacks.ts';
import type { JsonText, RunId, StoredRequest } from '../job/run.ts';
import type { RunState, Trigger } from '../job/state.ts';
import type { WorkerId } from './store-worker.ts';

/**
 * A run that somebody asks for. The caller makes the id, so a repeated submit is the same run (protocol/claims#submit).
 */
export interface NewRun {
  readonly id: RunId;
  readonly key: string | null;
  readonly job: string;
  readonly queue: string;
  readonly trigger: Trigger;
  readonly priority: number;
  readonly input: JsonText | null;
  /**
   * The SHA-256 of the canonical input. The same key with another job or digest is a conflict. Null: the run has no
   * key.
   */
  readonly digest: string | null;
  readonly args: readonly string[];
  readonly request: StoredRequest | null;
  /** The instant at which it is due. Null: `delayMs` after the store's now. */
  readonly dueAt: number | null;
  readonly delayMs: number;
  /** Limits that a rescuer may enforce: that of one attempt, and that of the run from its due instant. */
  readonly timeoutMs: number | null;
  readonly deadlineMs: number | null;
  readonly maxCrashes: number;
  /** `unknown`: the caller has only the job's name. Then the first claim brings this and the limits (`JobTerms`). */
  readonly callbacks: CalledBack;
  readonly traceId: string;
  readonly parent: RunId | null;
  /** The topmost ancestor. It is the run itself where that has no parent. */
  readonly root: RunId;
  readonly schedule: string | null;
  readonly scheduledAt: number | null;
  /** The run is created as running in epoch 1, held by this registered worker: nobody else can claim it in between. */
  readonly holder: WorkerId | null;
  /** With a holder: the number of the claim that this counts as (`ClaimRequest`). Else 0. */
  readonly claim: number;
}

export interface Submitted {
  /** `created` is also the answer when an earlier delivery of the same submit created it. */
  readonly verdict: 'created' | 'existing' | 'conflict';
  /** The run that has the key, or the new one. */
  readonly run: { readonly id: RunId; readonly key: string | null; readonly job: string; readonly state: RunState };
}
