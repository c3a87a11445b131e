/**
 * The part of Standard Schema (standardschema.dev) that onejob reads: any library that follows it works, none is
 * imported. `jsonSchema` is the companion specification, which zod 4 and arktype carry.
 */
export interface Schema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    readonly jsonSchema?: {
      readonly input: (options: {
        target: string;
        libraryOptions?: Record<string, unknown>;
      }) => Record<string, unknown>;
    };
  };
}

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

export type SchemaInput<S> = S extends Schema<infer Input, unknown> ? Input : unknown;
export type SchemaOutput<S> = S extends Schema<unknown, infer Output> ? Output : unknown;

/** The part of a JSON Schema object that flags and help need. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly default?: unknown;
  readonly description?: string;
  readonly format?: string;
  readonly [other: string]: unknown;
}

/** The JSON Schema of what a caller has to give, or null where the library cannot say it. */
export function jsonSchemaOf(schema: Schema | undefined): JsonSchema | null {
  try {
    const options = { target: 'draft-2020-12', libraryOptions: anyForUnrepresentable };
    return schema?.['~standard'].jsonSchema?.input(options) ?? null;
  } catch {
    return null; // there is no JSON Schema for it; help then shows no fields
  }
}

/** Options for zod: a field that JSON Schema cannot describe, such as a Date, allows anything, and the others stay. */
const anyForUnrepresentable = { unrepresentable: 'any' };
