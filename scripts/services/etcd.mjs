// @ts-check
import { join } from 'node:path';
import { freePort, startServer } from './server.mjs';

/**
 * One member of etcd; its JSON gateway answers on the port of the URL.
 *
 * @type {import('./service.mjs').Service}
 */
export const etcd = {
  name: 'etcd',
  variable: 'TEST_ETCD_URL',
  program: 'etcd',
  folders: async () => [],
  packages: ['etcd-server'],
  container: { port: 2379, url: (port) => `etcd://127.0.0.1:${port}` },

  async start({ bin, dir, port, as }) {
    const own = `http://127.0.0.1:${port}`;
    const peer = `http://127.0.0.1:${await freePort()}`;
    const server = await startServer({
      file: join(bin, 'etcd'),
      args: Object.entries({
        'data-dir': join(dir, 'data'),
        'listen-client-urls': own,
        'advertise-client-urls': own,
        'listen-peer-urls': peer,
        'initial-advertise-peer-urls': peer,
        'initial-cluster': `default=${peer}`,
      }).flatMap(([flag, value]) => [`--${flag}`, value]),
      log: join(dir, 'log'),
      as,
      isReady: () =>
        fetch(`${own}/health`).then(
          async (response) => response.ok && /true/.test(await response.text()),
          () => false,
        ),
    });
    return { url: `etcd://127.0.0.1:${port}`, server };
  },
};
