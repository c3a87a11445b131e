import { Hono, type Context } from 'hono';
import type { App } from '../../app/app.ts';
import type { Right } from '../../app/config/options.ts';
import { demandRight } from '../auth.ts';
import type { Env } from '../environment.ts';
import type { HandlerOptions } from '../handler-options.ts';
import { handedOn, type AnyAnswer } from '../text-answer.ts';
import { echoOf, refuse, submit } from './submit.ts';

/** ego's routes about jobs, to the letter (contracts EGO-8 to EGO-18). */
export function governorRoutes(app: App, options: HandlerOptions): Hono<Env> {
  const routes = new Hono<Env>();
  /** What is wrong is said in ego's way. */
  const answered =
    (right: Right, answer: (context: Context<Env>) => Promise<AnyAnswer>) =>
    async (context: Context<Env>): Promise<Response> => {
      try {
        demandRight(context, right);
        return handedOn(await answer(context));
      } catch (error) {
        return refuse(app, error, echoOf(context.req.raw));
      }
    };
  const list = async (context: Context<Env>): Promise<Response> => {
    await app.jobs.load();
    const body = JSON.stringify(app.jobs.registry.names().toSorted());
    return context.body(body, 200, { 'Content-Type': 'application/json; charset=utf-8' });
  };
  routes.get('/job/list', answered('read', list));
  routes.all('/job/list', (context) => context.body(null, 405, { Allow: 'GET, HEAD' }));
  routes.post(
    '/jobs',
    answered('trigger', (context) => submit(app, options, context)),
  );
  routes.all('/jobs', (context) => context.body(null, 405, { Allow: 'POST' }));
  return routes;
}
