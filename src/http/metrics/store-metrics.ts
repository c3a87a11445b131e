import type { Registry } from 'prom-client';
import type { App } from '../../app/app.ts';
import { readRarely } from './read-rarely.ts';
import { addGauge } from './gauge.ts';

/**
 * What the store says of all nodes together. It is asked when somebody scrapes, at most every five seconds; while it is
 * away only `onejob_store_up` is shown, 0. Jobs that nobody knows make no label: anybody may enqueue any name.
 */
export function addStoreMetrics(registry: Registry, app: App): void {
  const read = readRarely(() => survey(app), { everyMs, patienceMs });
  addGauge(registry, { name: 'onejob_store_up', help: 'Whether the store answers' }, async () => [
    [(await read()) === null ? 0 : 1],
  ]);
  addGauge(
    registry,
    { name: 'onejob_nodes', help: 'Workers that live, by whether their main loop turns', labels: ['state'] },
    async () => {
      const found = await read();
      return found
        ? [
            [found.living, { state: 'living' }],
            [found.stalled, { state: 'stalled' }],
          ]
        : [];
    },
  );
  addGauge(
    registry,
    {
      name: 'onejob_due_runs',
      help: 'Runs that are due and wait for a slot; of each queue and priority at most 10,000 are counted',
      labels: ['job'],
    },
    async () => (await read())?.known.map(({ job, due }) => [due, { job }] as const) ?? [],
  );
  addGauge(
    registry,
    {
      name: 'onejob_due_oldest_age_seconds',
      help: 'How long the oldest of them has been due',
      labels: ['job'],
    },
    async () => (await read())?.known.map(({ job, ageSeconds }) => [ageSeconds, { job }] as const) ?? [],
  );
  addGauge(
    registry,
    {
      name: 'onejob_due_runs_unknown',
      help: 'Due runs whose job no living worker knows: nobody will execute them',
    },
    async () => {
      const found = await read();
      return found ? [[found.unknown]] : [];
    },
  );
}

interface Survey {
  readonly living: number;
  readonly stalled: number;
  readonly known: readonly { readonly job: string; readonly due: number; readonly ageSeconds: number }[];
  readonly unknown: number;
}

async function survey(app: App): Promise<Survey> {
  const [workers, backlog] = await Promise.all([app.client.workers(), app.insight.backlog(atMost)]);
  const serving = workers.filter(({ slots }) => slots > 0);
  const jobs = new Set(serving.flatMap((worker) => worker.jobs));
  const due = backlog?.jobs ?? [];
  const now = backlog?.now ?? 0;
  return {
    living: workers.filter(({ stalled }) => !stalled).length,
    stalled: workers.filter(({ stalled }) => stalled).length,
    known: due
      .filter(({ job }) => jobs.has(job))
      .map(({ job, due: runs, oldestDueAt }) => ({
        job,
        due: runs,
        ageSeconds: Math.max(0, now - oldestDueAt) / 1_000,
      })),
    unknown: due.filter(({ job }) => !jobs.has(job)).reduce((sum, each) => sum + each.due, 0),
  };
}

const atMost = 10_000;
const everyMs = 5_000;
/** Prometheus gives up after ten seconds: what this process knows itself must not be lost with the store. */
const patienceMs = 2_000;
