import type { RunId } from '../job/run.ts';

export type WorkerId = string;

/** Who a process is, to those on the same machine that must know whether it still lives (protocol/liveness#predecessors). */
export interface Identity {
  readonly host: string;
  readonly bootId: string;
  /** The pid namespace: a container's pid says nothing outside of it. */
  readonly pidSpace: string;
  readonly pid: number;
  /** Start time of the process as the kernel tells it: a pid alone is reused. */
  readonly pidStart: string;
}

export interface WorkerRegistration {
  readonly id: WorkerId;
  /** Label, from `--node` or the host's name. */
  readonly node: string;
  /** The node whose living workers this one replaces; only with an explicit `--node`. */
  readonly replaces: string | null;
  readonly identity: Identity;
  readonly jobs: readonly string[];
  readonly slots: number;
  readonly version: string;
  /** How often the store's own thread heartbeats where facts.heartbeat is `'store'`. */
  readonly heartbeatMs: number;
}

export interface HeartbeatReply {
  /** The worker was evicted: it holds nothing any more and is refused every write. */
  readonly evicted: boolean;
}

export interface WorkerView {
  readonly id: WorkerId;
  readonly node: string;
  readonly heartbeat: number;
  /** Its main loop stands still although its thread heartbeats (protocol/liveness#limits-and-stalls). */
  readonly stalled: boolean;
  readonly load: number;
  readonly slots: number;
  readonly jobs: readonly string[];
  readonly version: string;
  readonly identity: Identity;
  readonly registeredAt: number;
  /** Runs it holds that have a limit, for rescuers that measure it on their own clock (protocol/liveness#limits-and-stalls). */
  readonly running: readonly { readonly run: RunId; readonly epoch: number; readonly limitMs: number }[];
}

/**
 * A worker seen dead, or that leaves in order (`counted: false`: no crash; `seenHeartbeat` null: whatever its counter says,
 * only for a worker that evicts itself); or one run to be ended over its owner's head. */
export type EvictTarget =
  | { readonly id: WorkerId; readonly seenHeartbeat: number | null; readonly counted: boolean }
  | {
      readonly run: RunId;
      readonly epoch: number;
      readonly code: 'RUN_TIMED_OUT' | 'RUN_CANCELLED';
      readonly message: string;
    };
