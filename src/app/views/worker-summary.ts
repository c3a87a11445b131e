import type { Identity, WorkerView } from '../../ports/store-worker.ts';

/** A process that works on the store, as far as people look at it. */
export interface WorkerSummary extends Omit<WorkerView, 'heartbeat' | 'identity' | 'running'> {
  readonly identity: Pick<Identity, 'host' | 'pid'>;
}
