import { OnejobError } from '../../job/errors.ts';
import { isEscaped } from '../sql/url.ts';
import type { Names } from './dialect.ts';

/** Where a store is. */
export interface Address {
  /** For the driver: with all secrets, without our own parameters. */
  readonly connection: string;
  /** For people: without secrets. */
  readonly shown: string;
  readonly names: Names;
}

/**
 * Reads `mysql://user:password@host:3306/database?prefix=onejob_`; `mariadb://` is the same. The option wins over the
 * parameter, the default is `onejob_`.
 *
 * @throws CONFIG_INVALID for what is no such URL
 */
export function readAddress(text: string, prefix: string | undefined): Address {
  const url = parse(text);
  const database = decodeURIComponent(url.pathname.slice(1));
  if (database === '') {
    throw new OnejobError('CONFIG_INVALID', 'the URL of the store names no database', {
      hint: 'write it behind the host: mysql://user@host:3306/database',
    });
  }
  const chosen = prefix ?? url.searchParams.get('prefix') ?? defaultPrefix;
  url.searchParams.delete('prefix');
  url.protocol = 'mysql:';
  const user = url.username === '' ? '' : `${decodeURIComponent(url.username)}@`;
  return {
    connection: url.href,
    shown: `mysql://${user}${url.host}${url.pathname}${chosen === defaultPrefix ? '' : `?prefix=${chosen}`}`,
    names: { prefix: checkPrefix(chosen), database },
  };
}

/** Of a pool of the user's own: whatever database its connections use, unless one is named. */
export function poolAddress({ prefix = defaultPrefix, database = '' }: Partial<Names>): Address {
  return { connection: '', shown: 'mysql://pool', names: { prefix: checkPrefix(prefix), database } };
}

const defaultPrefix = 'onejob_';

/** With the longest of our names behind it a name has at most 64 characters, and less is left to the user. */
function checkPrefix(prefix: string): string {
  if (/^[A-Za-z0-9_$]{1,32}$/.test(prefix)) return prefix;
  throw new OnejobError('CONFIG_INVALID', `'${prefix}' cannot stand before the names of tables`, {
    hint: 'choose a prefix of 1 to 32 items, digits and underscores',
  });
}

/** `new URL` keeps an unknown scheme's parts only where it is written with `//`. */
function parse(text: string): URL {
  const plain = text.replace(/^mariadb:/i, 'mysql:');
  const url = URL.canParse(plain) ? new URL(plain) : undefined;
  const isOurs = url !== undefined && /^mysql:\/\//i.test(plain) && url.host !== '';
  if (isOurs && [url.username, url.password, url.pathname].every(isEscaped)) return url;
  throw new OnejobError('CONFIG_INVALID', 'the URL of the store is not like mysql://user@host:3306/database', {
    hint: 'escape special characters of the password as %XX',
  });
}
