/**
 * The part of JSON Schema (2020-12) that the API says its parameters, bodies and answers in. The same data check what
 * comes in and stand in the document; `check.ts` knows every keyword that is listed here, and no other may be used.
 */
export interface ApiSchema {
  readonly type?: TypeName | readonly TypeName[];
  readonly description?: string;
  readonly enum?: readonly (string | number | null)[];
  readonly const?: string | number | boolean;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly format?: 'date-time' | 'uuid';
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: ApiSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, ApiSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
}

export type TypeName = 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array' | 'null';

export type Fields = Readonly<Record<string, ApiSchema>>;

/** What a value that passed the check is for TypeScript. */
export type ValueOf<S extends ApiSchema> = S extends { readonly enum: readonly (infer E)[] }
  ? E
  : S extends { readonly type: readonly (infer T)[] }
    ? Plain<T>
    : S extends { readonly type: 'array'; readonly items: infer I extends ApiSchema }
      ? readonly ValueOf<I>[]
      : S extends { readonly type: 'object'; readonly properties: infer P extends Fields }
        ? ValuesOf<P, S extends { readonly required: readonly (infer R)[] } ? R : never>
        : S extends { readonly type: infer T }
          ? Plain<T>
          : unknown;

/** The values of fields. Those in `R` are always there, and so are those with a default. */
export type ValuesOf<F extends Fields, R = never> = {
  readonly [K in keyof F as F[K] extends { readonly default: unknown } ? K : K extends R ? K : never]: ValueOf<F[K]>;
} & {
  readonly [K in keyof F as F[K] extends { readonly default: unknown } ? never : K extends R ? never : K]?:
    | ValueOf<F[K]>
    | undefined;
};

type Plain<T> = T extends 'string'
  ? string
  : T extends 'integer' | 'number'
    ? number
    : T extends 'boolean'
      ? boolean
      : T extends 'null'
        ? null
        : unknown;
