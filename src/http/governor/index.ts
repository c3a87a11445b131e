import { Hono } from 'hono';
import type { App } from '../../app/app.ts';
import { requireRight } from '../auth.ts';
import type { Env } from '../environment.ts';
import type { HandlerOptions } from '../handler-options.ts';

/** ego's routes about jobs, to the letter (CONTRACTS EGO-8 to EGO-18). */
export function governorRoutes(app: App, _options: HandlerOptions): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get('/job/list', requireRight('read'), (context) => {
    const body = JSON.stringify(app.registry.names());
    return context.body(body, 200, { 'Content-Type': 'application/json; charset=utf-8' });
  });
  return routes;
}
