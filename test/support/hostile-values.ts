import fc from 'fast-check';
import { JobError, PermanentError, RetryLater, type FailureLevel } from '../../src/job/failure.ts';

/**
 * Values that a program may hand in where types do not hold. By name, so that a failing case can be printed: many of
 * them throw when they are looked at.
 */
const pool: Readonly<Record<string, () => unknown>> = {
  nothing: () => undefined,
  null: () => null,
  true: () => true,
  NaN: () => Number.NaN,
  Infinity: () => Infinity,
  '-0': () => -0,
  'minus one': () => -1,
  half: () => 0.5,
  'a huge number': () => 1e308,
  bigint: () => 10n ** 30n,
  symbol: () => Symbol('s\ud800'),
  'empty text': () => '',
  'a word': () => 'word',
  'half a pair': () => 'Ann\ud83d',
  'other half': () => '\ude00x',
  NUL: () => 'a\0b',
  'four bytes': () => '😀'.repeat(300),
  'controls and quotes': () => '\u0001\u007f\u2028\'"`\\%_:\r\n',
  'name of a member': () => '__proto__',
  'long text': () => 'é'.repeat(70_000),
  'huge text': () => 'x'.repeat(3_000_000),
  'long with half a pair at the cut': () => `${'x'.repeat(469)}😀${'y'.repeat(20)}`,
  function: () => () => 1,
  class: () => Map,
  'throwing function': () => boom,
  'empty object': () => ({}),
  'bare object': () => Object.create(null) as object,
  'throwing getters': () => Object.defineProperties({}, Object.fromEntries(looked.map((name) => [name, getter]))),
  'throwing proxy': () => new Proxy(() => 1, handler),
  'revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  cycle: () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    return cycle;
  },
  '90 levels': () => nested(90),
  '450 levels': () => nested(450),
  '20,000 levels': () => nested(20_000),
  'list of junk': () => [undefined, () => 1, Symbol('s'), Number.NaN],
  'sparse list': () => Object.assign([], { length: 100_000 }),
  Map: () => new Map([[{}, 1n]]),
  'invalid Date': () => new Date(Number.NaN),
  'last Date': () => new Date(8.64e15),
  'first Date': () => new Date(-8.64e15),
  bytes: () => new Uint8Array(10),
  regexp: () => /(?:)/g,
  'member with half a pair': () => ({ 'k\ud800': 1, fine: ['\0'] }),
  'own __proto__': () => JSON.parse('{"__proto__": {"a": 1}, "then": 1}') as object,
  'toJSON throws': () => ({ toJSON: boom }),
  'prints as an object': () => ({ toString: () => ({}), valueOf: () => ({}), toJSON: () => 1n }),
  'settles twice': () => ({ then: (yes: (v: number) => void, no: (v: unknown) => void) => (yes(1), yes(2), no(3)) }),
  'settles and throws': () => ({
    then(yes: (value: number) => void) {
      yes(1);
      boom();
    },
  }),
  'throwing then': () => Object.defineProperty({}, 'then', getter),
  'then once only': () => {
    let reads = 0;
    return Object.defineProperty({}, 'then', { get: () => (reads++ === 0 ? boom : undefined) });
  },
  'resolved promise': () => Promise.resolve('\ud800'),
  error: () => new Error('plain'),
  'error that is its own cause': () => {
    const error = new Error('round\ud800');
    error.cause = error;
    return error;
  },
  'error with a throwing stack': () => Object.defineProperty(new Error('x'), 'stack', getter),
  'error of errors': () => new AggregateError([undefined, new Error('\0'), nested(600)], '\ud800'),
  'error whose errors throw': () => Object.defineProperty(new AggregateError([], 'x'), 'errors', getter),
  'error of another realm': () => ({ name: 'Error', message: 7, stack: [] }),
  'permanent error': () => new PermanentError('no more\0'),
};

const looked =
  'message code stack cause name then toJSON length run level data errors delayMs retry issues timeout attempts'.split(
    ' ',
  );

function boom(): never {
  throw Object.setPrototypeOf(new Error('thrown by a hostile value'), null) as Error; // it cannot even be printed
}

const getter: PropertyDescriptor = { get: boom, enumerable: true, configurable: true };
const handler: ProxyHandler<() => number> = {
  get: boom,
  has: boom,
  apply: boom,
  construct: boom,
  ownKeys: boom,
  getPrototypeOf: boom,
  getOwnPropertyDescriptor: boom,
};

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

export type ValueName = string;

export const valueNames: fc.Arbitrary<ValueName> = fc.constantFrom(...Object.keys(pool));

export function valueOf(name: ValueName): unknown {
  return pool[name]?.();
}

/** What is thrown: any value, or an error of ours of which one member was put in the place of what belongs there. */
export interface Thrown {
  readonly kind: 'value' | 'Error' | 'JobError' | 'RetryLater' | 'PermanentError';
  readonly member: string;
  readonly value: ValueName;
}

export const throws: fc.Arbitrary<Thrown> = fc.record({
  kind: fc.constantFrom('value', 'Error', 'JobError', 'RetryLater', 'PermanentError'),
  member: fc.constantFrom('message', 'code', 'level', 'data', 'retry', 'cause', 'stack', 'name', 'delayMs'),
  value: valueNames,
});

/** What a handler may well write, with the value at the place where it may stand. */
export function thrownOf({ kind, member, value }: Thrown): unknown {
  const given = valueOf(value);
  if (kind === 'value') return given;
  if (kind === 'JobError' && member === 'code') return new JobError(given as string, 'a code');
  if (kind === 'JobError' && member === 'level') return new JobError('CODE', 'text', { level: given as FailureLevel });
  if (kind === 'JobError' && member === 'data') return new JobError('CODE', 'text', { data: given });
  const error = {
    Error: () => new Error('an error'),
    JobError: () => new JobError('CODE', 'a text'),
    RetryLater: () => new RetryLater(1),
    PermanentError: () => new PermanentError('no more'),
  }[kind]();
  return Object.defineProperty(error, member, { value: given, configurable: true });
}
