import { Hono } from 'hono';
import type { App } from '../../app/app.ts';
import { requireRight } from '../auth.ts';
import type { Env } from '../environment.ts';
import { collectMetrics } from './collect.ts';

/** `GET /metrics` in the text that Prometheus reads (contract EGO-21). Counts from the moment it is mounted. */
export function metricsRoutes(app: App): Hono<Env> {
  const registry = collectMetrics(app);
  const routes = new Hono<Env>();
  routes.get('/metrics', requireRight('read'), async (context) =>
    context.body(await registry.metrics(), 200, { 'Content-Type': registry.contentType }),
  );
  return routes;
}
