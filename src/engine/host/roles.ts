import type { Service } from '../../std/service.ts';
import type { EngineOptions } from './engine-options.ts';
import { Forgetter } from '../worker/forgetter.ts';
import { Heartbeat } from '../liveness/heartbeat.ts';
import type { MailboxReader } from '../liveness/mailbox-reader.ts';
import { Pruner } from './pruner.ts';
import type { Reclaimer } from '../worker/reclaimer.ts';
import { Rescuer } from '../liveness/rescuer.ts';
import type { RunTree } from '../worker/run-tree.ts';
import type { RunningAttempts } from '../worker/running-attempts.ts';
import type { Takes } from './takes.ts';
import type { Worker } from '../worker/worker.ts';

/** What the services of one engine are made of. */
export interface RoleHost {
  readonly options: EngineOptions;
  readonly id: string;
  readonly attempts: RunningAttempts;
  readonly worker: Worker;
  readonly reader: MailboxReader;
  readonly reclaimer: Reclaimer;
  /** Of a worker that takes own runs. */
  readonly tree: RunTree | null;
}

/** By what it takes, the services that a worker has besides those of each process that is registered in the store. */
const roles: Readonly<Record<Takes, (host: RoleHost) => readonly Service[]>> = {
  'due runs': ({ options: { store, clock, log, leaseMs, meter, signals, retention }, id, worker }) => [
    new Rescuer({ store, own: id, clock, log, leaseMs, meter, onFreed: () => signals.taken() }),
    new Pruner({ store, policy: retention, clock, log }),
    worker,
  ],
  'own runs': ({ options: { store, registry, clock, log }, tree, worker }) => [
    ...(tree ? [new Forgetter({ tree, store, registry, clock, log })] : []),
    worker,
  ],
};

/**
 * The services of an engine, in the order in which they start; they stop in reverse. The heartbeat comes first: others
 * may take a process without one for dead while it starts. The worker comes last: what it begins needs all the others.
 */
export function servicesOf(host: RoleHost): readonly Service[] {
  return [heartbeat(host), host.reader, host.reclaimer, ...roles[host.options.takes](host)];
}

/** How often a process says that it lives. */
export function heartbeatMs(leaseMs: number): number {
  return Math.min(2_000, leaseMs / 5);
}

function heartbeat({ options, id, attempts, worker }: RoleHost): Heartbeat {
  const { store, clock, log, leaseMs, exitOnStall, meter, onEvicted } = options;
  return new Heartbeat({
    store,
    worker: id,
    load: () => attempts.load,
    clock,
    log,
    everyMs: heartbeatMs(leaseMs),
    exitOnStall,
    onTry: (reached) => {
      worker.reachable = reached;
      meter?.heartbeat(reached);
    },
    onEvicted: () => {
      worker.markAllLost();
      meter?.evicted();
      onEvicted();
    },
  });
}
