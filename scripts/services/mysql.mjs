// @ts-check
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { greets, runProgram, startServer } from './server.mjs';

/**
 * MariaDB, which stands for both servers that the MySQL adapter talks to: with the defaults of its package (so
 * `latin1` where nobody asks for more) and the durability that a user has.
 *
 * @type {import('./service.mjs').Service}
 */
export const mysql = {
  name: 'mysql',
  variable: 'TEST_MYSQL_URL',
  program: 'mariadbd',
  folders: async () => ['/usr/sbin', '/usr/libexec'],
  packages: ['mariadb-server'],
  // It refuses to run as root.
  user: 'mysql',
  container: { port: 3306, url: (port) => `mysql://root@127.0.0.1:${port}/onejob` },

  async start({ bin, dir, port, as, args }) {
    const data = join(dir, 'data');
    const own = ['--no-defaults', `--datadir=${data}`, `--tmpdir=${dir}`];
    const install = [...own, '--auth-root-authentication-method=normal', '--skip-test-db'];
    const made = await runProgram(await installerBeside(bin), install, as);
    if (made.code !== 0) {
      throw new Error(`mariadb-install-db failed: ${made.said.trim().split('\n').slice(-3).join(' | ')}`);
    }
    const first = join(dir, 'first.sql');
    await writeFile(first, 'create database if not exists onejob;\n');
    const server = await startServer({
      file: join(bin, 'mariadbd'),
      args: [
        ...own,
        `--socket=${join(dir, 's')}`,
        `--pid-file=${join(dir, 'pid')}`,
        `--init-file=${first}`,
        `--port=${port}`,
        '--bind-address=127.0.0.1',
        '--skip-name-resolve',
        '--max-connections=200',
        '--innodb-flush-log-at-trx-commit=1',
        ...args,
      ],
      log: join(dir, 'log'),
      as,
      isReady: () => greets(port, { hello: '', answer: /mysql_native_password|caching_sha2/ }),
    });
    return { url: `mysql://root@127.0.0.1:${port}/onejob`, server };
  },
};

/** Debian keeps the server in sbin and its installer in bin. @param {string} bin */
async function installerBeside(bin) {
  const beside = join(bin, 'mariadb-install-db');
  return await access(beside).then(
    () => beside,
    () => 'mariadb-install-db',
  );
}
