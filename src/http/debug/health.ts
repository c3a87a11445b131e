import { Hono } from 'hono';
import type { App } from '../../app/app.ts';
import type { Env } from '../environment.ts';
import { readRarely } from '../metrics/read-rarely.ts';

/** For those who look after processes; no token is needed, and nothing is told but whether it lives. */
export function healthRoutes(app: App): Hono<Env> {
  const routes = new Hono<Env>();
  const read = readRarely(async () => (await app.client.workers()).length, { everyMs: 1_000, patienceMs: 2_000 });
  routes.get('/check', (context) => context.json({ active: true }));
  routes.get('/healthz', (context) => context.json({ status: 'ok' }));
  routes.get('/readyz', async (context) => {
    if ((await read()) !== null) return context.json({ status: 'ok', store: 'up' });
    return context.json({ status: 'unavailable', store: 'away' }, 503, { 'Retry-After': '1' });
  });
  return routes;
}
