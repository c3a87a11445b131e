// @ts-check
import { join } from 'node:path';
import { greets, startServer } from './server.mjs';

/**
 * Redis that has written each command to disk before it answers, so that a test may kill it.
 *
 * @type {import('./service.mjs').Service}
 */
export const redis = {
  name: 'redis',
  variable: 'TEST_REDIS_URL',
  program: 'redis-server',
  folders: async () => [],
  packages: ['redis-server'],
  container: { port: 6379, url: (port) => `redis://127.0.0.1:${port}` },

  async start({ bin, dir, port, as }) {
    const server = await startServer({
      file: join(bin, 'redis-server'),
      args: Object.entries({
        port: String(port),
        bind: '127.0.0.1',
        dir,
        save: '',
        appendonly: 'yes',
        appendfsync: 'always',
      }).flatMap(([flag, value]) => [`--${flag}`, value]),
      log: join(dir, 'log'),
      as,
      isReady: () => greets(port, { hello: 'PING\r\n', answer: /^\+PONG/ }),
    });
    return { url: `redis://127.0.0.1:${port}`, server };
  },
};
