import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openPostgresGround } from './postgres-ground.ts';
import { openMysqlDatabase, postgresUrl } from './servers.ts';

/** URLs of a fresh store that several processes share, by technology; gone with the test. `cwd` is a folder of the test. */
export const sharedStores: Readonly<Record<'sqlite' | 'postgres' | 'mysql', (cwd: string) => Promise<string>>> = {
  sqlite: (cwd) => Promise.resolve(`sqlite:${join(cwd, 'shared.db')}`),
  async postgres() {
    const { schema, close } = await openPostgresGround();
    onTestFinished(close);
    const url = postgresUrl();
    return `${url}${url.includes('?') ? '&' : '?'}schema=${schema}`;
  },
  async mysql() {
    const { url, close } = await openMysqlDatabase();
    onTestFinished(close);
    return url;
  },
};
