import type { CalledBack } from '../job/callbacks.ts';
import type { JsonText, RunId, StoredRequest } from '../job/run.ts';
import type { RunState, Trigger } from '../job/state.ts';
import type { WorkerId } from './store-worker.ts';

/** A run that somebody asks for. The id is made by the asker, so that a repeated submit is the same run. */
export interface NewRun {
  readonly id: RunId;
  readonly key: string | null;
  readonly job: string;
  readonly queue: string;
  readonly trigger: Trigger;
  readonly priority: number;
  readonly input: JsonText | null;
  /** SHA-256 of the canonical input; a key with another job or digest is a conflict. Null where there is no key. */
  readonly digest: string | null;
  readonly args: readonly string[];
  readonly request: StoredRequest | null;
  /** Due at this instant, or null: `delayMs` after the store's now. */
  readonly dueAt: number | null;
  readonly delayMs: number;
  /** Limits that a rescuer may enforce: of one attempt, and of the run from its due instant. */
  readonly timeoutMs: number | null;
  readonly deadlineMs: number | null;
  readonly maxCrashes: number;
  /** `unknown` where the asker has only the job's name: then the first claim also brings limits (`JobTerms`). */
  readonly callbacks: CalledBack;
  readonly traceId: string;
  readonly parent: RunId | null;
  /** The topmost ancestor; the run itself where it has no parent. */
  readonly root: RunId;
  readonly schedule: string | null;
  readonly scheduledAt: number | null;
  /** Created as running, epoch 1, held by this registered worker: nobody else can claim it in between. */
  readonly holder: WorkerId | null;
  /** With a holder: the number of the claim that this counts as, see `ClaimRequest`. Else 0. */
  readonly claim: number;
}

export interface Submitted {
  /** `created` also when an earlier delivery of the same submit created it. */
  readonly verdict: 'created' | 'existing' | 'conflict';
  /** The run that has the key, or the new one. */
  readonly run: { readonly id: RunId; readonly key: string | null; readonly job: string; readonly state: RunState };
}
