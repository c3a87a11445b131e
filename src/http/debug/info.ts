import { Hono } from 'hono';
import type { App } from '../../app/app.ts';
import { findProject } from '../../app/config/project.ts';
import { version } from '../../app/version.ts';
import { requireRight } from '../auth.ts';
import type { Env } from '../environment.ts';

/** What this process is made of (contracts EGO-21, GJ-10). */
export function infoRoutes(app: App): Hono<Env> {
  const routes = new Hono<Env>();
  const reads = requireRight('read');
  routes.get('/pid', reads, (context) => context.json({ code: 0, msg: 'success', data: { pid: process.pid } }));
  routes.get('/module/info', reads, async (context) => {
    const project = await findProject(process.cwd());
    return context.json({
      name: project?.name ?? null,
      version: project?.version ?? null,
      jobs: app.jobs.registry.names(),
    });
  });
  routes.get('/build/info', reads, (context) => {
    const { node, v8, uv } = process.versions;
    const { platform, arch } = process;
    const startedAt = new Date(performance.timeOrigin).toISOString();
    return context.json({ onejob: version, node, v8, uv, platform, arch, startedAt });
  });
  return routes;
}

/** What only those see who debug: names of variables, and the settings without their secrets. */
export function debugInfoRoutes(app: App, { showsConfig }: { readonly showsConfig: boolean }): Hono<Env> {
  const routes = new Hono<Env>();
  const writes = requireRight('write');
  routes.get('/env/info', writes, (context) => context.json(Object.keys(process.env).toSorted()));
  if (!showsConfig) return routes;
  routes.get('/config/json', writes, (context) => context.json({ v: 1, settings: app.insight.settings() }));
  routes.get('/config/raw', writes, (context) => {
    const lines = app.insight
      .settings()
      .map(({ name, value, source }) => `${name} = ${JSON.stringify(value)}  # ${source}`);
    return context.text(`${lines.join('\n')}\n`);
  });
  return routes;
}
