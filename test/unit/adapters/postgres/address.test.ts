import { describe, expect, test } from 'vitest';
import { readAddress } from '../../../../src/adapters/postgres/address.ts';

const invalid = expect.objectContaining({ code: 'CONFIG_INVALID' }) as unknown;

function refusalOf(url: string, schema?: string): unknown {
  try {
    return readAddress(url, schema);
  } catch (error) {
    return error;
  }
}

describe('the URL of a store in PostgreSQL', () => {
  test('is shown without password and parameters', () => {
    const { shown, connection } = readAddress('postgres://app:s%40cret@db:5433/shop?sslmode=disable', undefined);
    expect(shown).toBe('postgres://app@db:5433/shop');
    expect(connection).toBe('postgres://app:s%40cret@db:5433/shop?sslmode=disable');
  });

  test('names the schema, which the driver does not see; the option wins', () => {
    const address = readAddress('postgresql://db/shop?schema=jobs&sslmode=disable', undefined);
    expect(address).toEqual({
      connection: 'postgresql://db/shop?sslmode=disable',
      shown: 'postgres://db/shop?schema=jobs',
      schema: '"jobs"',
    });
    expect(readAddress('postgres://db/shop?schema=jobs', 'other').schema).toBe('"other"');
    expect(readAddress('postgres://db/shop', undefined).schema).toBe('"onejob"');
  });

  test('may name a schema that needs quotes', () => {
    expect(readAddress('postgres://db/shop', 'My "Jobs" 作业').schema).toBe('"My ""Jobs"" 作业"');
  });

  test.each(['mysql://db/shop', 'db/shop', '', 'postgres:/x y', 'postgres://a%zz@db/shop'])('is not %j', (url) => {
    expect(refusalOf(url)).toEqual(invalid);
  });

  test.each(['', 'pg_jobs', 'x'.repeat(64), '业'.repeat(22), 'a\0b', '\ud800'])('has no schema %j', (schema) => {
    expect(refusalOf('postgres://db/shop', schema)).toEqual(invalid);
  });
});
