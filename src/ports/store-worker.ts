import type { RunId } from '../job/run.ts';

export type WorkerId = string;

/**
 * Names a process, so that others on the same machine can see whether it still lives (protocol/liveness#predecessors).
 */
export interface Identity {
  readonly host: string;
  readonly bootId: string;
  /** The pid namespace: a container's pid says nothing outside of it. */
  readonly pidSpace: string;
  readonly pid: number;
  /** The start time of the process, which the kernel tells. A pid alone may be that of another process by now. */
  readonly pidStart: string;
}

export interface WorkerRegistration {
  readonly id: WorkerId;
  /** The label: `--node`, else the name of the host. */
  readonly node: string;
  /** The node whose living workers this one replaces. Null unless `--node` was given. */
  readonly replaces: string | null;
  readonly identity: Identity;
  readonly jobs: readonly string[];
  readonly slots: number;
  readonly version: string;
  /** How often the store's own thread makes a heartbeat, where `facts.heartbeat` is `'store'`. */
  readonly heartbeatMs: number;
}

export interface HeartbeatReply {
  /** The worker was evicted: it holds nothing any more, and its writes are refused. */
  readonly evicted: boolean;
}

export interface WorkerView {
  readonly id: WorkerId;
  readonly node: string;
  readonly heartbeat: number;
  /** Its main loop stands still although its heartbeats go on (protocol/liveness#limits-and-stalls). */
  readonly stalled: boolean;
  readonly load: number;
  readonly slots: number;
  readonly jobs: readonly string[];
  readonly version: string;
  readonly identity: Identity;
  readonly registeredAt: number;
  /** The runs that it holds and that have a limit. Rescuers measure the limit by their own clocks. */
  readonly running: readonly { readonly run: RunId; readonly epoch: number; readonly limitMs: number }[];
}

/**
 * What `evict` takes: a worker that seems dead, or that leaves in order, or one run that is ended without asking its
 * owner (protocol/claims#forced-end). `counted: false`: it is no crash of its runs. `seenHeartbeat` null: the counter
 * is not compared, which only a worker that leaves may say of itself.
 */
export type EvictTarget =
  | { readonly id: WorkerId; readonly seenHeartbeat: number | null; readonly counted: boolean }
  | {
      readonly run: RunId;
      readonly epoch: number;
      readonly code: 'RUN_TIMED_OUT' | 'RUN_CANCELLED';
      readonly message: string;
    };
