import { describe, expect, test } from 'vitest';
import { storeError } from '../../../../src/adapters/postgres/failure.ts';
import { OnejobError } from '../../../../src/job/errors.ts';

const url = 'postgres://app@db.example:5432/shop';

function serverError(code: string, message = 'what the server said'): Error {
  return Object.assign(new Error(message), { code });
}

describe('an error of the server', () => {
  test.each([
    ['ECONNREFUSED', 'STORE_UNAVAILABLE', 'refuses connections'],
    ['ETIMEDOUT', 'STORE_UNAVAILABLE', 'does not answer'],
    ['57P01', 'STORE_UNAVAILABLE', 'does not answer: what the server said'],
    ['57P03', 'STORE_UNAVAILABLE', 'does not answer: what the server said'],
    ['08006', 'STORE_UNAVAILABLE', 'does not answer: what the server said'],
    ['53300', 'STORE_UNAVAILABLE', 'has no connection free'],
    ['53100', 'STORE_UNAVAILABLE', 'has a full disk'],
    ['25006', 'STORE_UNAVAILABLE', 'is read-only'],
    ['40P01', 'STORE_UNAVAILABLE', 'does not answer: what the server said'],
    ['28P01', 'CONFIG_INVALID', 'refuses the password'],
    ['28000', 'CONFIG_INVALID', 'refuses the login: what the server said'],
    ['3D000', 'CONFIG_INVALID', 'names a database that the server does not have'],
    ['42501', 'CONFIG_INVALID', 'refuses a right: what the server said'],
    ['OJ001', 'CONFIG_INVALID', 'is PostgreSQL what the server said, and onejob needs 13 or newer'],
    ['OJ002', 'CONFIG_INVALID', 'keeps text as what the server said'],
    ['22P02', 'VALUE_REJECTED', 'refuses a value: what the server said'],
    ['22021', 'VALUE_REJECTED', 'refuses a value: what the server said'],
    ['22P05', 'VALUE_REJECTED', 'refuses a value: what the server said'],
    ['54000', 'VALUE_REJECTED', 'refuses a value: what the server said'],
  ])('%s is %s: the store %s', (state, code, sentence) => {
    const error = storeError(serverError(state), url);
    expect(error).toMatchObject({ code, message: `the store ${url} ${sentence}` });
    expect(error.cause).toMatchObject({ code: state });
  });

  test('without any code is an outage', () => {
    expect(storeError(new Error('Connection terminated unexpectedly'), url)).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: `the store ${url} does not answer: Connection terminated unexpectedly`,
    });
  });

  test('that is one of ours already stays as it is', () => {
    const error = new OnejobError('VALUE_REJECTED', 'no');
    expect(storeError(error, url)).toBe(error);
  });
});
