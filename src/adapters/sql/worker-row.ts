import type { Identity, WorkerView } from '../../ports/store-worker.ts';

/** A worker as a database has it. */
export interface WorkerRow {
  readonly id: string;
  readonly node: string;
  readonly heartbeat: number;
  readonly stalled: boolean | number;
  readonly load: number;
  readonly slots: number;
  readonly jobs: string;
  readonly version: string;
  readonly identity: string;
  readonly registered_at: number;
}

export function workerOf(row: WorkerRow, running: WorkerView['running']): WorkerView {
  return {
    id: row.id,
    node: row.node,
    heartbeat: row.heartbeat,
    stalled: Boolean(row.stalled),
    load: row.load,
    slots: row.slots,
    jobs: JSON.parse(row.jobs) as string[],
    version: row.version,
    identity: JSON.parse(row.identity) as Identity,
    registeredAt: row.registered_at,
    running,
  };
}
