import type { WorkerView } from '../../ports/store-worker.ts';
import type { Call } from '../call.ts';
import { printTable } from '../print/table.ts';
import { formatAge, formatInstant } from '../print/time.ts';
import { withApp } from '../session.ts';

/** `onejob nodes list`: the processes that work on this store, as they last said of themselves. */
export function execute(call: Call): Promise<number> {
  const { terminal } = call;
  return withApp(call, async ({ app }) => {
    const workers = (await app.client.workers()).toSorted((a, b) => a.enrolledAt - b.enrolledAt);
    if (terminal.json) terminal.outJson({ v: 1, items: workers.map(workerView), next: null });
    else printWorkers(call, workers);
    if (workers.length === 0) terminal.talk('nobody works on this store; onejob start does');
    return 0;
  });
}

function printWorkers({ terminal }: Call, workers: readonly WorkerView[]): void {
  const { paint } = terminal;
  const now = Date.now();
  printTable<WorkerView>(
    terminal,
    [
      { title: 'node', cell: ({ node }) => paint.bold(node), plain: ({ node }) => node },
      { title: 'state', cell: ({ stalled }) => (stalled ? paint.red('! stalled') : ''), plain: stateOf },
      { title: 'runs', cell: loadOf },
      { title: 'jobs', cell: ({ jobs }) => String(jobs.length) },
      { title: 'host', cell: ({ identity }) => identity.host },
      { title: 'pid', cell: ({ identity }) => String(identity.pid) },
      {
        title: 'since',
        cell: ({ enrolledAt }) => formatAge(enrolledAt, now),
        plain: ({ enrolledAt }) => formatInstant(enrolledAt),
      },
      { title: 'version', cell: ({ version }) => paint.dim(version), plain: ({ version }) => version },
    ],
    workers,
  );
}

/** A process without slots takes no runs of others: it works on its own ones (STORE §3.7). */
function loadOf({ load, slots }: WorkerView): string {
  return slots === 0 ? `${load}, its own` : `${load} of ${slots}`;
}

function stateOf({ stalled }: WorkerView): string {
  return stalled ? 'stalled' : 'alive';
}

function workerView(worker: WorkerView): Record<string, unknown> {
  const { id, node, identity, load, slots, jobs, version, enrolledAt, stalled } = worker;
  const { host, pid } = identity;
  return {
    id,
    node,
    host,
    pid,
    stalled,
    load,
    slots,
    jobs,
    version,
    since: formatInstant(enrolledAt),
  };
}
