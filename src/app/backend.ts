import { OnejobError } from '../job/errors.ts';
import type { Store } from '../ports/store.ts';

/**
 * The one place that knows adapter names: opens what a URL names, loading its adapter only then.
 * @throws CONFIG_INVALID for a URL that no adapter takes, DRIVER_MISSING with the line that installs the driver
 */
export async function openStore(url: string): Promise<Store> {
  const [scheme = ''] = url.match(/^[a-z+-]+(?=:)/i) ?? [];
  switch (scheme.toLowerCase()) {
    case 'sqlite': {
      const { openSqliteStore } = await import('../adapters/sqlite/index.ts');
      return openSqliteStore({ path: sqlitePath(url) });
    }
    case 'memory': {
      const { openSqliteStore } = await import('../adapters/sqlite/index.ts');
      return openSqliteStore({ path: ':memory:' });
    }
    case 'postgres':
    case 'postgresql': {
      const { openPostgresStore } = await import('../adapters/postgres/index.ts');
      return openPostgresStore({ url });
    }
    default:
      throw new OnejobError('CONFIG_INVALID', `no store is known for the URL ${shown(url)}`, {
        hint: 'a store is sqlite:PATH, memory: or postgres://USER@HOST/DATABASE',
      });
  }
}

export const defaultStore = 'sqlite:.onejob/onejob.db';

function sqlitePath(url: string): string {
  const path = url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
  if (path !== '') return path;
  throw new OnejobError('CONFIG_INVALID', 'the store URL sqlite: names no file', {
    hint: 'write the path behind it, such as sqlite:.onejob/onejob.db',
  });
}

/** Without what may be a password. */
function shown(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//***@');
}
