import { Hono } from 'hono';
import type { App } from '../app/app.ts';
import { isOnejobError, type OnejobError } from '../job/errors.ts';
import { newId } from '../std/id.ts';
import { apiRoutes } from './api/index.ts';
import { authenticate } from './auth.ts';
import { debugRoutes } from './debug/index.ts';
import type { Env, NodeSide } from './environment.ts';
import { governorRoutes } from './governor/index.ts';
import { guarded } from './guard.ts';
import type { HandlerOptions } from './handler-options.ts';
import { metricsRoutes } from './metrics/index.ts';
import { problem } from './problem.ts';
import { RememberingRouter } from './remembering-router.ts';
import { guardOrigin } from './origin-guard.ts';
import { TextAnswer, wholeOf, type AnyAnswer } from './text-answer.ts';

/** All that an app answers over HTTP, as a function of web standards. */
export function createHandler(app: App, options: HandlerOptions): (request: Request) => Promise<Response> {
  const answer = createAnswerer(app, options);
  return async (request) => wholeOf(await answer(request));
}

/** Answers requests of our own server, whose requests and answers need not be all that web standards say. */
export type Answerer = (request: Request, node?: Partial<NodeSide>) => Promise<AnyAnswer>;

export function createAnswerer(app: App, options: HandlerOptions): Answerer {
  const hono = new Hono<Env>({ router: new RememberingRouter() });
  const refuseWhenStopping = (): void => {
    if (app.stopping.aborted) throw app.stopping.reason as OnejobError;
  };
  hono.use(guarded(refuseWhenStopping, guardOrigin(options), authenticate(options)));
  hono.route('/', governorRoutes(app, options));
  hono.route('/api/v1', apiRoutes(app));
  hono.route('/', metricsRoutes(app));
  hono.route('/', debugRoutes(app, options));
  hono.notFound((context) => context.body(null, 404));
  hono.onError((error, context) => {
    if (!isOnejobError(error)) app.config.log.error('an answer over HTTP failed', { path: context.req.path, error });
    return problem(error, requestIdOf(context.req.header('x-request-id')));
  });
  return async (request, node = {}) => finish(request, await hono.fetch(request, node));
}

/** The caller's request id, where a log can hold it; else a new one. */
function requestIdOf(given: string | undefined): string {
  return given !== undefined && /^[\w.:/+-]{1,128}$/.test(given) ? given : newId();
}

/** What every answer carries. Nothing here is meant for a browser's cache, frame or scripts, unless a part says so. */
function finish(request: Request, answer: AnyAnswer): AnyAnswer {
  const { headers } = answer;
  for (const [name, value] of everywhere) if (!headers.has(name)) headers.set(name, value);
  const bytes = bytesOf(answer, request.method);
  if (bytes !== undefined) headers.set('content-length', String(bytes));
  return answer;
}

/** The length of the body, where it is known and is sent. */
function bytesOf(answer: AnyAnswer, method: string): number | undefined {
  if (answer instanceof TextAnswer) return Buffer.byteLength(answer.content);
  const { body, status } = answer;
  return body === null && method !== 'HEAD' && status !== 204 && status !== 304 ? 0 : undefined;
}

const everywhere = Object.entries({
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
});
