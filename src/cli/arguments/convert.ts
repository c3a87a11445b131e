import { nearest } from '../../job/name.ts';
import type { JsonSchema } from '../../job/schema.ts';
import { alternatives, resolve, typesOf } from './job-fields.ts';

/** A text of the command line as the value that a schema wants, or a sentence that says why it cannot be. */
export type Converted = { readonly value: unknown; readonly fault?: undefined } | { readonly fault: string };

/**
 * Converts by JSON Schema type: numbers, booleans, choices, JSON for objects and for what has no type. Of a union the
 * first alternative that fits is taken, text last. Limits and formats are left to the job's own schema.
 */
export function convert(text: string, schema: JsonSchema, root: JsonSchema): Converted {
  const ways = alternatives(schema, root).toSorted((a, b) => Number(takesText(a)) - Number(takesText(b)));
  const faults: string[] = [];
  for (const way of ways) {
    const converted = convertAs(text, way, root);
    if (converted.fault === undefined) return converted;
    faults.push(converted.fault);
  }
  const said = ways.every((way) => way.const !== undefined)
    ? choose(
        text,
        ways.map((way) => way.const),
      ).fault
    : undefined;
  return { fault: said ?? [...new Set(faults)].join(', and ') };
}

/** Several texts for one field, from `--tag a --tag b`; a single text may be a whole JSON array. */
export function convertList(texts: readonly string[], schema: JsonSchema, root: JsonSchema): Converted {
  const list = alternatives(schema, root).find((way) => typesOf(way).includes('array'));
  if (!list) return { fault: 'is given several times, and takes one value' };
  const [only] = texts;
  if (texts.length === 1 && only?.trimStart().startsWith('[')) {
    const json = parseJson(only);
    if (Array.isArray(json.value)) return json;
  }
  const prefix = list['prefixItems'] as readonly JsonSchema[] | undefined;
  const values: unknown[] = [];
  for (const [index, text] of texts.entries()) {
    const item = resolve(prefix?.[index] ?? (typeof list.items === 'object' ? list.items : {}), root);
    const converted = convert(text, item, root);
    if (converted.fault !== undefined) return converted;
    values.push(converted.value);
  }
  return { value: values };
}

export function isList(schema: JsonSchema, root: JsonSchema): boolean {
  return alternatives(schema, root).some((way) => typesOf(way).includes('array'));
}

/** A switch: its flag needs no value. */
export function isSwitch(schema: JsonSchema, root: JsonSchema): boolean {
  const ways = alternatives(schema, root).filter((way) => !typesOf(way).includes('null'));
  return ways.length > 0 && ways.every((way) => typesOf(way).includes('boolean'));
}

/** JSON where it is JSON, else the text itself: what `--data` and fields of no known type hold. */
function jsonOrText(text: string): unknown {
  const json = parseJson(text);
  return json.fault === undefined ? json.value : text;
}

function takesText(way: JsonSchema): boolean {
  return typesOf(way).includes('string') && way.enum === undefined && way.const === undefined;
}

function convertAs(text: string, way: JsonSchema, root: JsonSchema): Converted {
  if (way.const !== undefined) return choose(text, [way.const]);
  if (way.enum) return choose(text, way.enum);
  switch (typesOf(way)[0]) {
    case 'string':
      return { value: text };
    case 'boolean':
      return text === 'true' || text === 'false'
        ? { value: text === 'true' }
        : { fault: `'${text}' is not true or false` };
    case 'integer':
      return /^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text))
        ? { value: Number(text) }
        : { fault: `'${text}' is not a whole number` };
    case 'number':
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)
        ? { value: Number(text) }
        : { fault: `'${text}' is not a number` };
    case 'null':
      return text === 'null' ? { value: null } : { fault: `'${text}' is not null` };
    case 'object': {
      const json = parseJson(text);
      const isObject = typeof json.value === 'object' && json.value !== null && !Array.isArray(json.value);
      return isObject ? json : { fault: `'${text}' is not a JSON object, such as '{"a": 1}'` };
    }
    case 'array':
      return convertList([text], way, root);
    default:
      return { value: jsonOrText(text) };
  }
}

function choose(text: string, values: readonly unknown[]): Converted {
  const value = values.find((candidate) => String(candidate) === text);
  if (value !== undefined || (text === 'null' && values.includes(null))) return { value: value ?? null };
  const near = nearest(text, values.map(String));
  const list = values.map(String).join(', ');
  return { fault: `'${text}' is not one of ${list}${near ? `; did you mean ${near}?` : ''}` };
}

function parseJson(text: string): { value: unknown; fault?: undefined } | { value?: undefined; fault: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (cause) {
    return { fault: (cause as Error).message };
  }
}
