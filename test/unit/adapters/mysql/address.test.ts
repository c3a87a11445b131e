import { describe, expect, test } from 'vitest';
import { readAddress } from '../../../../src/adapters/mysql/address.ts';

const invalid = expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error;

describe('the URL of a store in MySQL', () => {
  test('is shown without password and parameters', () => {
    const { shown, connection, names } = readAddress('mariadb://app:s%40cret@db:3307/shop?ssl=true', undefined);
    expect(shown).toBe('mysql://app@db:3307/shop');
    expect(connection).toBe('mysql://app:s%40cret@db:3307/shop?ssl=true');
    expect(names).toEqual({ prefix: 'onejob_', database: 'shop' });
  });

  test.each([
    'postgres://db/shop',
    'db/shop',
    '',
    'mysql://db',
    'mysql:/x y',
    'mysql://a%zz@db/shop',
    'mysql://app:100%@db/shop',
    'mysql://app:%ff@db/shop',
    'mysql://db/%zz',
  ])('is not %j', (url) => {
    expect(() => readAddress(url, undefined)).toThrow(invalid);
  });
});
