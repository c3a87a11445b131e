import { collectDefaultMetrics, Registry } from 'prom-client';
import type { App } from '../../app/app.ts';
import { EngineMetrics } from './engine-metrics.ts';
import { addStoreMetrics } from './store-metrics.ts';
import { addWorkerHealth } from './worker-health.ts';

/**
 * Counts what an app does from now on, in a registry of prom-client: yours, to which onejob's metrics are added, or one
 * of its own, which also has those of Node (`process_…`, `nodejs_…`). `GET /metrics` serves the same one. An app is
 * counted once, whoever asks how often; the first registry stays.
 */
export function collectMetrics(app: App, registry?: Registry): Registry {
  const known = registries.get(app);
  if (known) return known;
  const chosen = registry ?? new Registry();
  if (!registry) collectDefaultMetrics({ register: chosen });
  app.insight.measure(new EngineMetrics(chosen, (job) => app.jobs.registry.find(job)?.name === job));
  addWorkerHealth(chosen, app);
  addStoreMetrics(chosen, app);
  registries.set(app, chosen);
  return chosen;
}

const registries = new WeakMap<App, Registry>();
