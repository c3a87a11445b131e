// @ts-check
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { greets, startServer } from './server.mjs';

/**
 * PgBouncer in transaction mode before the PostgreSQL of the same run: no session outlives a transaction.
 *
 * @type {import('./service.mjs').Service}
 */
export const pgbouncer = {
  name: 'pgbouncer',
  variable: 'TEST_PGBOUNCER_URL',
  program: 'pgbouncer',
  folders: async () => ['/usr/sbin'],
  packages: ['pgbouncer'],
  // It refuses to run as root.
  user: 'postgres',
  behind: 'postgres',

  async start({ bin, dir, port, as, behind }) {
    const server = new URL(behind ?? '');
    const password = server.password === '' ? '' : ` password=${decodeURIComponent(server.password)}`;
    const settings = join(dir, 'pgbouncer.ini');
    await writeFile(
      settings,
      `[databases]
* = host=${server.hostname} port=${server.port || 5432} user=${decodeURIComponent(server.username)}${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 500
`,
    );
    const url = Object.assign(new URL(server), { hostname: '127.0.0.1', port: String(port), password: '' }).href;
    const started = await startServer({
      file: join(bin, 'pgbouncer'),
      args: [settings],
      log: join(dir, 'log'),
      as,
      // It answers a question for TLS (protocol of PostgreSQL, SSLRequest) with N.
      isReady: () => greets(port, { hello: '\0\0\0\b\x04\xd2\x16/', answer: /^[NS]/ }),
    });
    return { url, server: started };
  },
};
