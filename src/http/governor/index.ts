import { Hono } from 'hono';
import type { App } from '../../app/app.ts';
import { requireRight } from '../auth.ts';
import type { Env } from '../environment.ts';
import type { HandlerOptions } from '../handler-options.ts';
import { echoOf, refuse, submit } from './submit.ts';

/** ego's routes about jobs, to the letter (CONTRACTS EGO-8 to EGO-18). */
export function governorRoutes(app: App, options: HandlerOptions): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get('/job/list', requireRight('read'), async (context) => {
    await app.loadJobs();
    const body = JSON.stringify(app.registry.names().toSorted());
    return context.body(body, 200, { 'Content-Type': 'application/json; charset=utf-8' });
  });
  routes.all('/job/list', (context) => context.body(null, 405, { Allow: 'GET, HEAD' }));
  routes.post('/jobs', requireRight('trigger'), (context) => submit(app, options, context));
  routes.all('/jobs', (context) => context.body(null, 405, { Allow: 'POST' }));
  routes.onError((error, context) => refuse(app, error, echoOf(context.req.raw)));
  return routes;
}
