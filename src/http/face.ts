import type { App } from '../app/app.ts';
import type { Face } from '../app/face.ts';

/** HTTP as a role of an app. The server and its library are loaded when the role is played. */
export function httpFace(app: App): Face {
  let server: Face | undefined;
  return {
    name: 'http',
    get url() {
      return server?.url ?? null;
    },
    async start() {
      const { HttpServer } = await import('./server.ts');
      server = new HttpServer(app, app.options.http ?? {});
      await server.start();
    },
    drain: () => server?.drain(),
    stop: async () => server?.stop(),
  };
}
