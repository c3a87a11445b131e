import { nearest } from '../../job/name.ts';
import type { JsonSchema } from '../../job/schema.ts';
import { alternatives, resolve, typesOf } from './job-fields.ts';
import { kebab } from './token.ts';

/** Where in an input a value goes, and what it has to be there. */
export interface Place {
  readonly path: readonly (string | number)[];
  readonly schema: JsonSchema;
}

/**
 * Finds the place that `--input.a.b` means: each part is a field in any spelling, or the number of an item of a list.
 * What the schema leaves open is taken as it is written.
 */
export function findPlace(parts: readonly string[], root: JsonSchema): Place | { readonly fault: string } {
  const path: (string | number)[] = [];
  let schema = resolve(root, root);
  for (const part of parts) {
    const ways = alternatives(schema, root);
    const list = ways.find((way) => typesOf(way).includes('array'));
    if (list && /^\d{1,4}$/.test(part)) {
      const prefix = list['prefixItems'] as readonly JsonSchema[] | undefined;
      path.push(Number(part));
      schema = resolve(prefix?.[Number(part)] ?? (typeof list.items === 'object' ? list.items : {}), root);
      continue;
    }
    const object = ways.find((way) => way.properties || typesOf(way).includes('object')) ?? {};
    const names = Object.keys(object.properties ?? {});
    const name = names.includes(part) ? part : names.find((each) => kebab(each) === kebab(part));
    const open = object['additionalProperties'] ?? object.properties === undefined;
    if (name === undefined && open === false) {
      const near = nearest(part, names);
      return { fault: `there is no field ${part}${near ? `; did you mean ${near}?` : ''}` };
    }
    path.push(name ?? part);
    const known = name === undefined ? undefined : object.properties?.[name];
    schema = resolve(known ?? (typeof open === 'object' ? (open as JsonSchema) : {}), root);
  }
  return { path, schema };
}

/** Sets a value in `target`, making objects and lists on the way; returns a fault where something else is there. */
export function setAt(target: Record<string, unknown>, path: Place['path'], value: unknown): string | undefined {
  let holder: object = target;
  for (const [index, part] of path.entries()) {
    const isLast = index === path.length - 1;
    const there = Object.hasOwn(holder, part) ? (holder as Record<string | number, unknown>)[part] : undefined;
    if (there !== undefined && (isLast || typeof there !== 'object' || there === null)) return 'is given twice';
    const next = isLast ? value : (there ?? (typeof path[index + 1] === 'number' ? [] : {}));
    // Defined, not assigned: a part called __proto__ is a field like any other.
    Object.defineProperty(holder, part, { value: next, enumerable: true, writable: true, configurable: true });
    holder = next as object;
  }
  return undefined;
}
