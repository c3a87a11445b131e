import { expect, test } from 'vitest';
import { JobError, readFailure } from '../../../src/job/failure.ts';
import { messageWithCauses, stackWithCauses } from '../../../src/job/thrown-text.ts';

const refused = new Error('connect ECONNREFUSED 127.0.0.1:80');

test('a message says its causes too', () => {
  const failed = new TypeError('fetch failed', { cause: refused });
  expect(messageWithCauses(failed)).toBe('fetch failed: connect ECONNREFUSED 127.0.0.1:80');
  expect(messageWithCauses(new Error('no rates', { cause: failed }))).toBe(
    'no rates: fetch failed: connect ECONNREFUSED 127.0.0.1:80',
  );
});

test('a cause that the message has said already is not said twice', () => {
  expect(messageWithCauses(new Error(`no rates (${refused.message})`, { cause: refused }))).toBe(
    'no rates (connect ECONNREFUSED 127.0.0.1:80)',
  );
  const round = new Error('round');
  round.cause = round;
  expect(messageWithCauses(round)).toBe('round');
  expect(stackWithCauses(round)?.match(/Error: round/g)).toHaveLength(1);
});

test('a cause that is no error is left out', () => {
  expect(messageWithCauses(new Error('no rates', { cause: { shop: 7 } }))).toBe('no rates');
});

test('of several errors in one each is said, and no error is without a text', () => {
  const both = [new Error('connect ECONNREFUSED ::1:80'), refused];
  const all = 'connect ECONNREFUSED ::1:80; connect ECONNREFUSED 127.0.0.1:80';
  expect(messageWithCauses(new TypeError('fetch failed', { cause: new AggregateError(both) }))).toBe(
    `fetch failed: ${all}`,
  );
  expect(messageWithCauses(new AggregateError(both, 'All promises were rejected'))).toBe(
    `All promises were rejected: ${all}`,
  );
  expect(messageWithCauses(new AggregateError(both))).toBe(all);
  expect(messageWithCauses(new AggregateError([]))).toBe('AggregateError');
  expect(messageWithCauses(new RangeError())).toBe('RangeError');
});

test('the stack goes on with those of the causes', () => {
  const stack = stackWithCauses(new TypeError('fetch failed', { cause: refused }));
  expect(stack).toMatch(/^TypeError: fetch failed\n[^]*\ncaused by Error: connect ECONNREFUSED/);
  expect(stackWithCauses('a text')).toBeUndefined();
});

test('SJ-16 the text of a JobError stays what its author wrote; its stack has the cause', () => {
  const { failure } = readFailure(new JobError('NO_RATES', 'no rates today', { cause: refused }));
  expect(failure.message).toBe('no rates today');
  expect(failure.stack).toContain('caused by Error: connect ECONNREFUSED');
});
