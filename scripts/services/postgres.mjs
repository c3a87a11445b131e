// @ts-check
import { join } from 'node:path';
import { versionedFolders } from './program.mjs';
import { runProgram, startServer } from './server.mjs';

const settings = [
  ['-c', 'max_connections=200'],
  // A file that was made is synced at the next checkpoint, though it is gone by then, and `drop database` waits for one:
  // with the thousands of tables of these tests a minute, when five of them have gone by since the last.
  ['-c', 'checkpoint_timeout=30s'],
].flat();

/**
 * PostgreSQL with the durability a user has: fsync stays on, or crash tests would prove nothing.
 *
 * @type {import('./service.mjs').Service}
 */
export const postgres = {
  name: 'postgres',
  variable: 'TEST_POSTGRES_URL',
  program: 'postgres',
  folders: () => versionedFolders('/usr/lib/postgresql', 'bin'),
  packages: ['postgresql'],
  // It refuses to run as root.
  user: 'postgres',
  container: { port: 5432, url: (port) => `postgres://postgres@127.0.0.1:${port}/postgres` },

  async start({ bin, dir, port, as, args }) {
    const data = join(dir, 'data');
    const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '-N', '-E', 'UTF8', '--locale=C'];
    const made = await runProgram(join(bin, 'initdb'), initdb, as);
    if (made.code !== 0) throw new Error(`initdb failed: ${made.said.trim().split('\n').slice(-3).join(' | ')}`);
    const server = await startServer({
      file: join(bin, 'postgres'),
      // No Unix socket: its path would have to be short, and nobody uses it.
      args: ['-D', data, '-k', '', '-h', '127.0.0.1', '-p', String(port), ...settings, ...args],
      log: join(dir, 'log'),
      as,
      endsBy: 'SIGINT', // fast shutdown: ends sessions, keeps what was committed
      isReady: async () => {
        const { code } = await runProgram(join(bin, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)]);
        return code === 0;
      },
    });
    return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, server };
  },
};
