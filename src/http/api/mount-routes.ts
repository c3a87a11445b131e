import { Hono, type Context } from 'hono';
import type { App } from '../../app/app.ts';
import { nearest } from '../../job/name.ts';
import { demandRight, requireRight } from '../auth.ts';
import type { Env } from '../environment.ts';
import { headerPairs } from '../header-pairs.ts';
import { refuse } from '../problem.ts';
import { handedOn } from '../text-answer.ts';
import { readerOf, readJson } from './read-request.ts';
import type { Route } from './route.ts';

/** Answers each route, and says of every other request what is wrong with it: 405 with `Allow`, 404 with the nearest. */
export function mountRoutes(app: App, routes: readonly Route[]): Hono<Env> {
  const hono = new Hono<Env>();
  for (const route of routes) {
    hono.on(route.method, honoPath(route), answererOf(app, route));
  }
  // A fixed path before one with parameters, which would speak for it.
  const paths = [...new Set(routes.map(honoPath))].toSorted(
    (a, b) => Number(a.includes(':')) - Number(b.includes(':')),
  );
  for (const path of paths) {
    const allowed = routes.filter((route) => honoPath(route) === path).map(({ method }) => method);
    hono.all(path, requireRight('read'), ({ req }) => wrongMethod(req.method, allowed));
  }
  hono.all('*', requireRight('read'), ({ req }) => notFound(req.path, routes));
  return hono;
}

function answererOf(app: App, route: Route): (context: Context<Env>) => Promise<Response> {
  const read = readerOf(route);
  return async (context) => {
    demandRight(context, route.right);
    const request = context.req.raw;
    const { incoming } = context.env;
    const said = read(context.req.param(), queryOf(request.url), request.headers);
    const maxBytes = route.maxBytes?.(app) ?? defaultMaxBytes;
    const body = route.method === 'GET' ? noBody : await readJson(route, request, maxBytes);
    const client = app.client.as(context.get('actor'));
    const allHeaders = () => headerPairs(request, incoming);
    return handedOn(await route.handle({ path: context.req.path, ...said, ...body, request, allHeaders, app, client }));
  };
}

const noBody = { body: undefined, text: '' };

/** A whole `URL` costs as much as all the rest of a short request. */
function queryOf(url: string): URLSearchParams {
  const at = url.indexOf('?');
  return at === -1 ? noQuery : new URLSearchParams(url.slice(at));
}

const noQuery = new URLSearchParams();

function honoPath({ path }: Route): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

/** HEAD goes where GET does. */
function wrongMethod(method: string, allowed: readonly string[]): never {
  const allow = allowed.flatMap((each) => (each === 'GET' ? ['GET', 'HEAD'] : [each])).join(', ');
  throw refuse(405, `${method} is not taken here`, { hint: `there is ${allow}`, headers: { Allow: allow } });
}

function notFound(path: string, routes: readonly Route[]): never {
  const below = path.replace(/^.*\/v1(?=\/|$)/, '');
  const near = nearest(
    below,
    routes.map((route) => route.path),
  );
  throw refuse(404, `there is nothing at ${path}`, {
    hint: near === undefined ? 'openapi.json lists what there is' : `did you mean ${near}?`,
  });
}

const defaultMaxBytes = 1_048_576;
