import { Hono } from 'hono';
import type { App } from '../../app/app.ts';
import { version } from '../../app/version.ts';
import { requireRight } from '../auth.ts';
import type { Env } from '../environment.ts';
import { healthRoutes } from './health.ts';
import { debugInfoRoutes, infoRoutes } from './info.ts';
import { pprofRoutes } from './pprof.ts';
import { runsJson } from './running-runs.ts';

export interface DebugOptions {
  /** Profiles, running runs and the names of variables; default false. They need the right `write`. */
  readonly debug?: boolean | undefined;
  /** Also the settings, secrets masked (contract EGO-20). */
  readonly showsConfig?: boolean | undefined;
  /** Aborts when measurements are to end early and to be answered. */
  readonly ending?: AbortSignal | undefined;
}

/** ego's governor but for its routes about jobs: health, information, diagnosis (contract EGO-21). */
export function debugRoutes(
  app: App,
  { debug = false, showsConfig = false, ending = app.stopping }: DebugOptions,
): Hono<Env> {
  const routes = new Hono<Env>();
  routes.route('/', healthRoutes(app));
  routes.route('/', infoRoutes(app));
  if (debug) {
    routes.route('/', pprofRoutes(app, ending));
    routes.get('/debug/runs', requireRight('write'), (context) => context.json(runsJson(app)));
    routes.route('/', debugInfoRoutes(app, { showsConfig }));
  }
  const paths = [...new Set(routes.routes.map(({ path }) => path))].filter((path) => !path.includes('*'));
  routes.get('/', requireRight('read'), (context) =>
    context.json({
      onejob: version,
      node: app.config.settings.node,
      routes: ['/metrics', '/job/list', '/jobs', ...paths].toSorted(),
    }),
  );
  return routes;
}
