import { Hono } from 'hono';
import type { App } from '../app/app.ts';
import { isOnejobError, type OnejobError } from '../job/errors.ts';
import { newId } from '../std/id.ts';
import { apiRoutes } from './api/index.ts';
import { authenticate } from './auth.ts';
import type { Env } from './environment.ts';
import { governorRoutes } from './governor/index.ts';
import type { HandlerOptions } from './handler-options.ts';
import { metricsRoutes } from './metrics/index.ts';
import { problem } from './problem.ts';
import { refuseStrangers } from './strangers.ts';

/** All that an app answers over HTTP, as a function of web standards. */
export function createHandler(app: App, options: HandlerOptions): (request: Request) => Promise<Response> {
  const hono = new Hono<Env>();
  hono.use(async (context, next) => {
    context.set('requestId', context.req.header('x-request-id') ?? newId());
    if (app.stopping.aborted) throw app.stopping.reason as OnejobError;
    await next();
  });
  hono.use(refuseStrangers(options));
  hono.use(authenticate(options));
  hono.route('/', governorRoutes(app, options));
  hono.route('/api/v1', apiRoutes(app));
  hono.route('/', metricsRoutes(app));
  hono.notFound((context) => context.body(null, 404));
  hono.onError((error, context) => {
    if (!isOnejobError(error)) app.log.error('an answer over HTTP failed', { path: context.req.path, error });
    return problem(error, context.get('requestId') ?? '');
  });
  return async (request) => hono.fetch(request);
}
