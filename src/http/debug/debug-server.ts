import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import type { App } from '../../app/app.ts';
import { authenticate } from '../auth.ts';
import type { Env } from '../environment.ts';
import { isLoopback, refuseExposure } from '../exposure.ts';
import { guarded } from '../guard.ts';
import { metricsRoutes } from '../metrics/index.ts';
import { problem } from '../problem.ts';
import { guardOrigin } from '../origin-guard.ts';
import { debugRoutes } from './index.ts';

/** The diagnosis of a process that serves nothing else (contract GJ-10). */
export interface DebugServer {
  readonly url: string;
  /** Ends measurements that are going on, and gives them two seconds to be handed over. */
  close(): Promise<void>;
}

/** Serves it on an address of its own, 0 being a free port. @throws CONFIG_INVALID, or why it cannot listen there */
export async function serveDebug(app: App, address: { host: string; port: number }): Promise<DebugServer> {
  const { token, tokens } = app.config.options.http ?? {};
  const auth = { token, tokens };
  refuseExposure(address.host, { ...(token !== undefined && { token }), ...(tokens && { tokens }) });
  const ending = new AbortController();
  const hono = new Hono<Env>();
  const isPrivate = isLoopback(address.host) && token === undefined && (tokens ?? []).length === 0;
  hono.use(guarded(guardOrigin({ isLoopback: isPrivate }), authenticate(auth)));
  hono.route('/', metricsRoutes(app));
  hono.route(
    '/',
    debugRoutes(app, { debug: true, showsConfig: app.config.options.http?.debug, ending: ending.signal }),
  );
  hono.notFound((context) => context.body(null, 404));
  hono.onError((error) => problem(error, ''));
  const listener = getRequestListener((request) => hono.fetch(request), { overrideGlobalObjects: false });
  const server = createServer((request, response) => {
    response.shouldKeepAlive = false; // an idle connection would hold up the end of the process
    void listener(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, resolve);
  });
  return {
    url: urlOf(server.address() as AddressInfo),
    close() {
      ending.abort();
      return closeServer(server);
    },
  };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), 2_000);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
