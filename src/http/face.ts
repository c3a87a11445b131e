import type { App } from '../app/app.ts';
import type { RoleService } from '../app/played-roles.ts';
import type { HttpServer } from './server.ts';

/** HTTP as a role of an app. The server and its library are loaded when the role is played. */
export function httpFace(app: App): RoleService {
  let server: HttpServer | undefined;
  return {
    name: 'http',
    get url() {
      return server?.url ?? null;
    },
    async start() {
      const { HttpServer: Server } = await import('./server.ts');
      server = new Server(app, app.config.options.http ?? {});
      await server.start();
    },
    drain: () => server?.drain(),
    stop: async () => server?.stop(),
  };
}
