import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openPostgresFixture } from './postgres-fixture.ts';
import { openMysqlDatabase } from './servers.ts';

/** URLs of a fresh store that several processes share, by technology; gone with the test. `cwd` is a folder of the test. */
export const sharedStores: Readonly<Record<'sqlite' | 'postgres' | 'mysql', (cwd: string) => Promise<string>>> = {
  sqlite: (cwd) => Promise.resolve(`sqlite:${join(cwd, 'shared.db')}`),
  async postgres() {
    const { url, close } = await openPostgresFixture();
    onTestFinished(close);
    return url;
  },
  async mysql() {
    const { url, close } = await openMysqlDatabase();
    onTestFinished(close);
    return url;
  },
};
