import type { AnyJob } from '../../job/define.ts';
import { jsonSchemaOf, type JsonSchema } from '../../job/schema.ts';
import { kebab } from './token.ts';

/** A field of a job's input as the terminal spells it (contract GJ-4). */
export interface Field {
  /** Its name in the schema. */
  readonly name: string;
  /** kebab-case, without dashes. */
  readonly flag: string;
  readonly short: string | undefined;
  readonly schema: JsonSchema;
  readonly required: boolean;
}

/** The fields of an input, with the schema that all `$ref` point into. */
export interface Fields {
  readonly all: readonly Field[];
  /** The fields that positional values behind the job's name fill, in order. */
  readonly positional: readonly Field[];
  readonly root: JsonSchema;
}

/** The fields of a job whose input is an object; null where the schema is of another kind, or cannot be read. */
export function fieldsOf(job: AnyJob): Fields | null {
  const root = jsonSchemaOf(job.input);
  if (!root) return null;
  const object = resolve(root, root);
  const properties = object.properties;
  if (!properties) return null;
  const shorts = new Map(Object.entries(job.cli.short).map(([field, item]) => [field, item]));
  const all = Object.entries(properties).map(([name, schema]) => ({
    name,
    flag: kebab(name),
    short: shorts.get(name),
    schema: resolve(schema, root),
    required: object.required?.includes(name) ?? false,
  }));
  const positional = job.cli.positional.flatMap((name) => all.filter((field) => field.name === name));
  return { all, positional, root };
}

/** The field that a name on the command line means: its own spelling first, then any that folds to the same. */
export function findField(fields: Fields, name: string): Field | undefined {
  return fields.all.find((field) => field.name === name) ?? fields.all.find((field) => field.flag === kebab(name));
}

/** Follows `$ref` into `root` and merges `allOf`; a description beside a `$ref` stays. */
export function resolve(schema: JsonSchema, root: JsonSchema, depth = 0): JsonSchema {
  if (depth > 20) return {}; // a schema that refers to itself and nothing else
  const { $ref, allOf, ...own } = schema;
  let resolved: JsonSchema = own;
  if (typeof $ref === 'string') resolved = { ...resolve(follow($ref, root), root, depth + 1), ...own };
  if (Array.isArray(allOf)) {
    for (const part of allOf) resolved = merge(resolved, resolve(part as JsonSchema, root, depth + 1));
  }
  return resolved;
}

/** The kinds of value that a schema takes; empty when it takes any. */
export function typesOf(schema: JsonSchema): readonly string[] {
  if (schema.type === undefined) return [];
  return typeof schema.type === 'string' ? [schema.type] : schema.type;
}

/** The schemas one of which must fit: those of a union, else the schema itself. */
export function alternatives(schema: JsonSchema, root: JsonSchema, depth = 0): readonly JsonSchema[] {
  const union = schema.anyOf ?? schema.oneOf;
  if (union && depth < 20) return union.flatMap((part) => alternatives(resolve(part, root), root, depth + 1));
  const types = typesOf(schema);
  return types.length > 1 ? types.map((type) => ({ ...schema, type })) : [schema];
}

function follow(ref: string, root: JsonSchema): JsonSchema {
  if (ref === '#') return root;
  let place: unknown = root;
  for (const part of ref.replace(/^#\//, '').split('/')) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    place = (place as Record<string, unknown> | undefined)?.[key];
  }
  return (place as JsonSchema | undefined) ?? {};
}

function merge(a: JsonSchema, b: JsonSchema): JsonSchema {
  return {
    ...a,
    ...b,
    ...(a.properties || b.properties ? { properties: { ...a.properties, ...b.properties } } : {}),
    ...(a.required || b.required ? { required: [...(a.required ?? []), ...(b.required ?? [])] } : {}),
  };
}
