import type { App } from '../app/app.ts';
import type { HttpOptions } from '../app/config/options.ts';
import { HttpServer } from './server.ts';

export interface ServedHttp {
  readonly url: string;
  /** Takes nothing new, and cuts off what is not answered within two seconds. Stop the app first. */
  stop(): Promise<void>;
}

/**
 * Serves an app that a program starts and stops by itself, on an address of its own; `options` come before the app's.
 * @throws CONFIG_INVALID where strangers could reach it without a token, ADDRESS_TAKEN
 */
export async function serveHttp(app: App, options: HttpOptions = {}): Promise<ServedHttp> {
  const server = new HttpServer(app, { ...app.config.options.http, ...options });
  await server.start();
  return { url: server.url ?? '', stop: () => server.stop() };
}
