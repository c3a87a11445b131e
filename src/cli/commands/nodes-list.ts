import type { WorkerSummary } from '../../app/views/worker-summary.ts';
import { nodeView } from '../../app/views/json-views.ts';
import type { Call } from '../call.ts';
import type { Paint } from '../print/paint.ts';
import { printTable } from '../print/table.ts';
import { formatAge, formatInstant } from '../print/time.ts';
import { withApp } from '../session.ts';

/** `onejob nodes list`: the processes that work on this store, as they last said of themselves. */
export function execute(call: Call): Promise<number> {
  const { terminal } = call;
  return withApp(call, async ({ app }) => {
    const [found, pauses] = await Promise.all([app.client.workers(), app.client.pauses()]);
    const drained = new Set(pauses.filter(({ type }) => type === 'node').map(({ name }) => name));
    const workers = found
      .toSorted((a, b) => a.registeredAt - b.registeredAt)
      .map((worker) => ({ ...worker, drained: drained.has(worker.node) }));
    if (terminal.json) terminal.outJson({ v: 1, items: workers.map((worker) => nodeView(worker, pauses)), next: null });
    else printWorkers(call, workers);
    if (workers.length === 0) terminal.info('nobody works on this store; onejob start does');
    return 0;
  });
}

/** A worker, and what the store says of its node. */
type Listed = WorkerSummary & { readonly drained: boolean };

function printWorkers({ terminal }: Call, workers: readonly Listed[]): void {
  const { paint } = terminal;
  const now = Date.now();
  printTable<Listed>(
    terminal,
    [
      { title: 'node', cell: ({ node }) => paint.bold(node), plain: ({ node }) => node },
      { title: 'state', cell: (worker) => markedState(worker, paint), plain: stateOf },
      { title: 'runs', cell: loadOf },
      { title: 'jobs', cell: ({ jobs }) => String(jobs.length) },
      { title: 'host', cell: ({ identity }) => identity.host },
      { title: 'pid', cell: ({ identity }) => String(identity.pid) },
      {
        title: 'since',
        cell: ({ registeredAt }) => formatAge(registeredAt, now),
        plain: ({ registeredAt }) => formatInstant(registeredAt),
      },
      { title: 'version', cell: ({ version }) => paint.dim(version), plain: ({ version }) => version },
    ],
    workers,
  );
}

/** A process without slots takes no runs of others: it works on its own ones (protocol/claims#own-tree). */
function loadOf({ load, slots }: WorkerSummary): string {
  return slots === 0 ? `${load}, its own` : `${load} of ${slots}`;
}

function stateOf({ stalled, drained }: Listed): string {
  if (stalled) return 'stalled';
  return drained ? 'drained' : 'alive';
}

function markedState(worker: Listed, paint: Paint): string {
  if (worker.stalled) return paint.red('! stalled');
  return worker.drained ? paint.yellow('◌ drained') : '';
}
