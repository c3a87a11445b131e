import { OnejobError } from '../../job/errors.ts';
import { isEscaped } from '../sql/url.ts';

/** Where a store is. */
export interface Address {
  /** For the driver: with all secrets, without our own parameters. */
  readonly connection: string;
  /** For people: without secrets. */
  readonly shown: string;
  /** Quoted, as it stands in SQL. */
  readonly schema: string;
}

/**
 * Reads `postgres://user:password@host:port/database?schema=name`; the option wins over the parameter, the default is
 * `onejob`.
 *
 * @throws CONFIG_INVALID for what is no such URL
 */
export function readAddress(text: string, schema: string | undefined): Address {
  const url = parse(text);
  const name = schema ?? url.searchParams.get('schema') ?? 'onejob';
  if (
    name === '' ||
    Buffer.byteLength(name) > 63 ||
    !name.isWellFormed() ||
    name.includes('\0') ||
    name.startsWith('pg_')
  ) {
    throw new OnejobError('CONFIG_INVALID', `'${name}' cannot be the name of a schema`, {
      hint: 'choose a name of 1 to 63 bytes that does not begin with pg_',
    });
  }
  url.searchParams.delete('schema');
  const user = url.username === '' ? '' : `${decodeURIComponent(url.username)}@`;
  return {
    connection: url.href,
    shown: `postgres://${user}${url.host}${url.pathname}${name === 'onejob' ? '' : `?schema=${name}`}`,
    schema: `"${name.replaceAll('"', '""')}"`,
  };
}

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^postgres(ql)?:\/\//.test(text) && isEscaped(url.username)) return url;
  throw new OnejobError('CONFIG_INVALID', 'the URL of the store is not like postgres://user@host:5432/database', {
    hint: 'escape special characters of the password as %XX',
  });
}
