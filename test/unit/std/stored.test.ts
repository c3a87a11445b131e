import { describe, expectTypeOf, test } from 'vitest';
import type { Json, NotStorable, Stored } from '../../../src/std/json.ts';

interface Order {
  id: string;
  at: Date;
  note?: string;
  readonly lines: readonly { sku: string; count: number | undefined }[];
}

describe('Stored', () => {
  test('leaves alone what JSON holds', () => {
    expectTypeOf<Stored<string>>().toEqualTypeOf<string>();
    expectTypeOf<Stored<5 | 'a' | true | null>>().toEqualTypeOf<5 | 'a' | true | null>();
    expectTypeOf<Stored<boolean>>().toEqualTypeOf<boolean>();
    expectTypeOf<Stored<{ a: { b: number[] } }>>().toEqualTypeOf<{ a: { b: number[] } }>();
    expectTypeOf<Stored<Record<string, number>>>().toEqualTypeOf<Record<string, number>>();
    expectTypeOf<Stored<readonly [string, 5]>>().toEqualTypeOf<readonly [string, 5]>();
    expectTypeOf<Stored<Json>>().toEqualTypeOf<Json>();
    expectTypeOf<Stored<string & { readonly brand: 'OrderId' }>>().toEqualTypeOf<
      string & { readonly brand: 'OrderId' }
    >();
  });

  test('makes text of a Date, and optional what may be undefined', () => {
    expectTypeOf<Stored<Date>>().toEqualTypeOf<string>();
    expectTypeOf<Stored<Date | null>>().toEqualTypeOf<string | null>();
    expectTypeOf<Stored<Order>>().toEqualTypeOf<{
      id: string;
      at: string;
      note?: string;
      readonly lines: readonly { sku: string; count?: number }[];
    }>();
    expectTypeOf<Stored<Record<string, Date>>>().toEqualTypeOf<Record<string, string>>();
  });

  test('keeps tuples and readonly arrays', () => {
    expectTypeOf<Stored<readonly [Date, number]>>().toEqualTypeOf<readonly [string, number]>();
    expectTypeOf<Stored<[Date, number?]>>().branded.toEqualTypeOf<[string, number?]>();
    expectTypeOf<Stored<readonly Date[]>>().toEqualTypeOf<readonly string[]>();
    expectTypeOf<Stored<[Date, ...Order[]]>>().toEqualTypeOf<[string, ...Stored<Order>[]]>();
  });

  test('honours toJSON, once', () => {
    expectTypeOf<Stored<{ toJSON(): { at: Date } }>>().toEqualTypeOf<{ at: string }>();
    expectTypeOf<Stored<{ toJSON(key: string): number }>>().toEqualTypeOf<number>();
    expectTypeOf<Stored<{ url: URL }>>().toEqualTypeOf<{ url: string }>();
    class Money {
      readonly cents = 5;
      toJSON(): this {
        return this;
      }
    }
    expectTypeOf<Stored<Money>['cents']>().toEqualTypeOf<5>();
  });

  test('is open where T is', () => {
    expectTypeOf<Stored<unknown>>().toBeUnknown();
    expectTypeOf<Stored<never>>().toBeNever();
    expectTypeOf<Stored<ReturnType<typeof JSON.parse>>>().toBeAny();
    expectTypeOf<Stored<{ a: unknown }>>().toEqualTypeOf<{ a?: unknown }>();
    expectTypeOf<Stored<void>>().toEqualTypeOf<undefined>();
    expectTypeOf<Stored<undefined>>().toEqualTypeOf<undefined>();
    expectTypeOf<Stored<Order | undefined>>().toEqualTypeOf<Stored<Order> | undefined>();
  });

  test('follows a type that contains itself', () => {
    interface Tree {
      at: Date;
      children: Tree[];
    }
    expectTypeOf<Stored<Tree>['children'][0]['children'][0]['at']>().toEqualTypeOf<string>();
  });

  test('puts a sentence in the place of what JSON cannot hold', () => {
    expectTypeOf<
      Stored<Map<string, number>>['error']
    >().toEqualTypeOf<'onejob: a Map cannot be stored as JSON; return an array of entries'>();
    expectTypeOf<
      Stored<ReadonlySet<string>>['error']
    >().toEqualTypeOf<'onejob: a Set cannot be stored as JSON; return an array'>();
    expectTypeOf<
      Stored<bigint>['error']
    >().toEqualTypeOf<'onejob: a bigint cannot be stored as JSON; return its text'>();
    expectTypeOf<Stored<symbol>['error']>().toEqualTypeOf<'onejob: a symbol cannot be stored as JSON; return a text'>();
    expectTypeOf<
      Stored<(a: string) => void>['error']
    >().toEqualTypeOf<'onejob: a function cannot be stored as JSON; return data only'>();
    expectTypeOf<
      Stored<typeof Map>['error']
    >().toEqualTypeOf<'onejob: a function cannot be stored as JSON; return data only'>();
    expectTypeOf<
      Stored<Promise<string>>['error']
    >().toEqualTypeOf<'onejob: a promise cannot be stored as JSON; await it'>();
    type Opaque = NotStorable<'this object cannot be stored as JSON; return text, numbers, arrays and plain objects'>;
    expectTypeOf<Stored<RegExp>>().toEqualTypeOf<Opaque>();
    expectTypeOf<Stored<Uint8Array>>().toEqualTypeOf<Opaque>();
    expectTypeOf<Stored<ArrayBuffer>>().toEqualTypeOf<Opaque>();
    expectTypeOf<Stored<WeakMap<object, string>>>().toEqualTypeOf<Opaque>();
  });

  test('does so inside objects, arrays and unions too', () => {
    type AMap = NotStorable<'a Map cannot be stored as JSON; return an array of entries'>;
    expectTypeOf<Stored<{ tags: Map<string, string>; n: number }>>().toEqualTypeOf<{ tags: AMap; n: number }>();
    expectTypeOf<Stored<Map<string, string>[]>>().toEqualTypeOf<AMap[]>();
    expectTypeOf<Stored<string | Map<string, string>>>().toEqualTypeOf<string | AMap>();
    type Undefined = NotStorable<'undefined inside an array cannot be stored as JSON; return null'>;
    expectTypeOf<Stored<(string | undefined)[]>>().toEqualTypeOf<(string | Undefined)[]>();
  });

  test('shows the sentence where a stored value is used as if it were the value', () => {
    const stored = (value: Map<string, number>) => value as unknown as Stored<typeof value>;
    // @ts-expect-error the stored value is no Map
    const map: Map<string, number> = stored(new Map());
    expectTypeOf(map).not.toBeAny();
  });

  test('drops symbols and keeps plain interfaces, also with members named as those of an Error', () => {
    interface Contact {
      name: string;
      message: string;
      [Symbol.iterator]: string;
    }
    expectTypeOf<Stored<Contact & { at: Date }>>().toEqualTypeOf<{ name: string; message: string; at: string }>();
  });
});
