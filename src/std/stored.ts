/** Any value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json };

/**
 * What a value of type T is after it was stored as JSON and read again: a Date is text, a `toJSON` is honoured, members
 * that may be undefined are optional. What JSON cannot hold becomes a type that carries the sentence to read.
 */
export type Stored<T> =
  IsAny<T> extends true ? T : T extends { toJSON(...args: never): infer Given } ? Plain<Given> : Plain<T>;

/** The type in place of one that JSON cannot hold; no stored value has it. */
export interface NotStorable<Sentence extends string> {
  readonly error: `onejob: ${Sentence}`;
}

/** What is stored of a value that a `toJSON` has given: JSON.stringify does not ask that value for a `toJSON` again. */
type Plain<T> = unknown extends T
  ? T
  : T extends Json | undefined
    ? T
    : T extends void
      ? undefined
      : T extends readonly unknown[]
        ? { [Index in keyof T]: Element<number extends T['length'] ? T[Index] : Required<T>[Index]> }
        : T extends Refused
          ? NotStorable<SentenceOf<T>>
          : Members<T>;

/** JSON.stringify would write null in place of undefined and nobody would know: it is refused as an element. */
type Element<T> =
  IsAny<T> extends true
    ? T
    : T extends undefined
      ? NotStorable<'undefined inside an array cannot be stored as JSON; return null'>
      : Stored<T>;

type Refused = bigint | symbol | Callable | Keyed | Listed | PromiseLike<unknown> | Opaque;
type Callable = ((...args: never) => unknown) | (abstract new (...args: never) => unknown);
type Keyed = ReadonlyMap<unknown, unknown>;
type Listed = ReadonlySet<unknown>;
type Opaque = WeakMap<WeakKey, unknown> | WeakSet<WeakKey> | RegExp | ArrayBufferLike | ArrayBufferView;

type SentenceOf<T> = T extends bigint
  ? 'a bigint cannot be stored as JSON; return its text'
  : T extends symbol
    ? 'a symbol cannot be stored as JSON; return a text'
    : T extends Callable
      ? 'a function cannot be stored as JSON; return data only'
      : T extends Keyed
        ? 'a Map cannot be stored as JSON; return an array of entries'
        : T extends Listed
          ? 'a Set cannot be stored as JSON; return an array'
          : T extends PromiseLike<unknown>
            ? 'a promise cannot be stored as JSON; await it'
            : 'this object cannot be stored as JSON; return text, numbers, arrays and plain objects';

type Members<T> = Flat<
  { [Key in keyof T as MayBeAbsent<T[Key]> extends true ? never : Exclude<Key, symbol>]: Stored<T[Key]> } & {
    [Key in keyof T as MayBeAbsent<T[Key]> extends true ? Exclude<Key, symbol> : never]?: Stored<
      Exclude<T[Key], undefined>
    >;
  }
>;

type MayBeAbsent<T> = IsAny<T> extends true ? false : undefined extends T ? true : false;

/** One object instead of an intersection: readable in an editor. */
type Flat<T> = { [Key in keyof T]: T[Key] } & {};

type IsAny<T> = 0 extends 1 & T ? true : false;
