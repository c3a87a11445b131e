import type { Registry } from 'prom-client';
import type { App } from '../../app/app.ts';
import { version } from '../../app/version.ts';
import type { WorkerHealth } from '../../engine/host/worker-health.ts';
import { addGauge } from './gauge.ts';

/** How the worker of this process is, read when somebody asks. Of a process without a worker nothing is shown. */
export function addWorkerHealth(registry: Registry, app: App): void {
  const gauge = (name: string, help: string, read: (health: WorkerHealth) => number): void =>
    addGauge(registry, { name, help }, () => (app.insight.health ? [[read(app.insight.health)]] : []));
  gauge('onejob_slots', 'Runs that may execute here at once', ({ slots }) => slots);
  gauge('onejob_slots_used', 'Slots that are taken', ({ usedSlots }) => usedSlots);
  gauge('onejob_runs_running', 'Runs in memory, also those that only wait', ({ running }) => running);
  gauge(
    'onejob_store_away_seconds',
    'How long the store has not taken what runs recorded; 0 while it answers',
    ({ storeAwayMs }) => (storeAwayMs ?? 0) / 1_000,
  );
  addGauge(
    registry,
    {
      name: 'onejob_journal_waiting_entries',
      help: 'Entries that wait for the group before them',
      labels: ['batcher'],
    },
    () => {
      const { records, output } = app.insight.health?.uncommitted ?? { records: 0, output: 0 };
      return [
        [records, { batcher: 'records' }],
        [output, { batcher: 'output' }],
      ];
    },
  );
  addGauge(
    registry,
    { name: 'onejob_info', help: 'Always 1; says which onejob runs as which node', labels: ['version', 'node'] },
    () => [[1, { version, node: app.config.settings.node }]],
  );
}
