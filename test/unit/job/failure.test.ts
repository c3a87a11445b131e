import { expect, test } from 'vitest';
import { hasCode, isOnejobError, OnejobError } from '../../../src/job/errors.ts';
import { JobError, PermanentError, readFailure, restoreFailure, RetryLater } from '../../../src/job/failure.ts';

test('an ordinary error is tried again and shown with message and stack', () => {
  const { failure, level, retry, laterMs } = readFailure(new TypeError('no api'));
  expect(failure).toMatchObject({ code: 'JOB_FAILED', message: 'no api' });
  expect(failure.stack).toContain('failure.test.ts');
  expect({ level, retry, laterMs }).toEqual({ level: 'error', retry: true, laterMs: undefined });
});

test('anything that can be thrown is read', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  const messages = [undefined, null, 'text', 7, 7n, Symbol('s'), { a: 1 }, [1], cycle, new Error(''), () => 1].map(
    (thrown) => readFailure(thrown).failure.message,
  );
  for (const message of messages) expect(typeof message).toBe('string');
  expect(messages.slice(0, 4)).toEqual(['undefined', 'null', 'text', '7']);
  expect(messages[6]).toBe('{"a":1}');
});

test('what throws when it is looked at is read too', () => {
  const get = (): never => {
    throw new Error('no luck');
  };
  const proxy = new Proxy({}, { get, has: get, getPrototypeOf: get });
  for (const thrown of [proxy, Object.defineProperties({}, { message: { get }, cause: { get } })]) {
    expect(readFailure(thrown)).toMatchObject({
      failure: { code: 'JOB_FAILED', message: 'an object that cannot be read was thrown' },
      retry: true,
    });
  }
});

test('VT-3 a PermanentError is not tried again, also as the cause of another error', () => {
  const permanent = new PermanentError('the shop is closed');
  expect(readFailure(permanent).retry).toBe(false);
  expect(readFailure(new Error('outer', { cause: permanent })).retry).toBe(false);
  expect(readFailure(new Error('outer', { cause: new Error('inner', { cause: permanent }) })).retry).toBe(false);
  expect(readFailure(new JobError('X', 'x', { retry: true, cause: permanent })).retry).toBe(false);
  expect(readFailure(new Error('outer', { cause: new Error('inner') })).retry).toBe(true);
});

test('an error that is its own cause is read', () => {
  const error = new Error('round');
  error.cause = error;
  expect(readFailure(error).retry).toBe(true);
});

test('SJ-16 a JobError shows its own code, text, data and level', () => {
  const { failure, level, retry } = readFailure(
    new JobError('USER_NOT_FOUND', 'no user 7', { data: { id: 7 }, level: 'info', retry: false }),
  );
  expect(failure).toMatchObject({ code: 'USER_NOT_FOUND', message: 'no user 7', data: { id: 7 } });
  expect({ level, retry }).toEqual({ level: 'info', retry: false });
  expect(readFailure(new JobError('X', 'x'))).toMatchObject({ level: 'error', retry: true });
});

test('SJ-16 codes of onejob itself are refused', () => {
  expect(() => new JobError('JOB_FAILED', 'x')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
});

test('RetryLater carries its delay in milliseconds and pages nobody', () => {
  expect(readFailure(new RetryLater('1.5s'))).toMatchObject({ level: 'info', retry: true, laterMs: 1_500 });
  expect(() => new RetryLater('soon' as '1s')).toThrow("RetryLater: 'soon' is not a duration");
});

test('errors of onejob keep their code; only those that may pass are tried again', () => {
  const retried = (['JOB_FAILED', 'RUN_TIMED_OUT', 'STORE_UNAVAILABLE', 'INPUT_INVALID', 'STEP_REPEATED'] as const).map(
    (code) => {
      const { failure, retry } = readFailure(new OnejobError(code, 'x'));
      expect(failure.code).toBe(code);
      return retry;
    },
  );
  expect(retried).toEqual([true, true, true, false, false]);
});

test('no text of a failure holds what databases refuse, nor more than they should keep', () => {
  const nasty = 'a\u0000b\ud800c';
  const data = { [nasty]: [nasty, { deep: nasty }], 'a\\u0000': 'kept \\u0000 as it is' };
  const { failure } = readFailure(new JobError('X', nasty, { data }));
  const text = JSON.stringify(failure);
  expect(text).not.toMatch(/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f]..)/i);
  expect(JSON.parse(text)).toEqual(failure);
  expect((failure.data as Record<string, unknown>)['a\\u0000']).toBe('kept \\u0000 as it is');
  const long = readFailure(new Error('🙂'.repeat(20_000))).failure;
  expect(long.message.length).toBeLessThanOrEqual(8_192);
  expect(long.message.isWellFormed()).toBe(true);
});

test('data that is no JSON, or too large, is left out', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  for (const data of [cycle, 7n, () => 1, 'x'.repeat(70_000), undefined]) {
    expect(readFailure(new JobError('X', 'x', { data })).failure).not.toHaveProperty('data');
  }
});

test('a replay throws the recorded failure: same code, text and data, and it is final', () => {
  const own = restoreFailure({ code: 'NO_SHOP', message: 'no shop', data: { id: 7 } });
  expect(own).toMatchObject({ code: 'NO_SHOP', message: 'no shop', data: { id: 7 }, retry: false });
  expect(readFailure(own)).toMatchObject({
    failure: { code: 'NO_SHOP', message: 'no shop', data: { id: 7 } },
    retry: false,
  });
  const ours = restoreFailure({ code: 'WAIT_TIMED_OUT', message: 'no answer in 2 d' });
  expect(hasCode(ours, 'WAIT_TIMED_OUT')).toBe(true);
});

test('errors are recognised by brand, so also those of another loaded copy', () => {
  const foreign = Object.assign(new Error('x'), { [Symbol.for('onejob.error')]: true, code: 'JOB_UNKNOWN' });
  expect(isOnejobError(foreign)).toBe(true);
  expect(hasCode(foreign, 'JOB_UNKNOWN')).toBe(true);
  expect(isOnejobError(new Error('x'))).toBe(false);
  expect(isOnejobError(null)).toBe(false);
  const permanent = Object.assign(new Error('x'), { [Symbol.for('onejob.permanent')]: true });
  expect(readFailure(permanent).retry).toBe(false);
});
