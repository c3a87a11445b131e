import { nearest } from '../../job/name.ts';
import { parseInstant } from '../../std/instant.ts';
import type { ApiSchema, TypeName } from './schema.ts';

/** What of a value does not fit, and where: `limit`, `runs[3].key`, '' for the value as a whole. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

/** All that is wrong with a value; nothing when it fits. `null` fits no type but `null`. */
export function faultsOf(schema: ApiSchema, value: unknown, path = ''): Fault[] {
  const fault = (message: string): Fault[] => [{ path, message }];
  if (schema.const !== undefined && value !== schema.const) return fault(`is ${JSON.stringify(schema.const)}`);
  if (schema.enum && !(schema.enum as readonly unknown[]).includes(value)) return fault(oneOf(schema.enum, value));
  const types = typesOf(schema);
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) return fault(`is ${article(types)}`);
  if (typeof value === 'string') return textFaults(schema, value).flatMap(fault);
  if (typeof value === 'number') return numberFaults(schema, value).flatMap(fault);
  if (Array.isArray(value)) return listFaults(schema, value, path);
  return typeof value === 'object' && value !== null ? objectFaults(schema, value, path) : [];
}

/** Makes of a text of path, query or header the value that its schema asks for; it stays a text where that fails. */
export function valueOfText(schema: ApiSchema, text: string): unknown {
  const types = typesOf(schema);
  if (types.includes('integer') && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  if (types.includes('boolean') && text === '') return true; // `?follow`
  return text;
}

export function typesOf({ type }: ApiSchema): readonly TypeName[] {
  if (type === undefined) return [];
  return typeof type === 'string' ? [type] : type;
}

function isOfType(value: unknown, type: TypeName): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isSafeInteger(value);
    default:
      return typeof value === type;
  }
}

/** Texts that no store can hold are refused here, whatever the schema says. */
function textFaults({ format, pattern, minLength = 0, maxLength = Infinity }: ApiSchema, text: string): string[] {
  if (text.includes('\u0000') || !text.isWellFormed()) return ['holds characters that cannot be stored'];
  const { length } = text;
  if (length < minLength) return [minLength === 1 ? 'is empty' : `is a text of at least ${minLength} characters`];
  if (length > maxLength) return [`is a text of at most ${maxLength} characters, not ${length}`];
  if (pattern !== undefined && !compiled(pattern).test(text)) return [`does not look like ${pattern}`];
  if (format === 'date-time' && !isInstant(text)) return ['is an instant in RFC 3339, such as 2026-01-31T08:00:00Z'];
  return [];
}

function compiled(pattern: string): RegExp {
  const known = patterns.get(pattern) ?? new RegExp(pattern, 'u');
  patterns.set(pattern, known);
  return known;
}

/** The patterns of the schemas, made ready once. */
const patterns = new Map<string, RegExp>();

function isInstant(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text)) return false;
  try {
    parseInstant(text, 0, 'ahead');
    return true;
  } catch {
    return false;
  }
}

function numberFaults({ minimum = -Infinity, maximum = Infinity }: ApiSchema, value: number): string[] {
  if (value >= minimum && value <= maximum) return [];
  return [maximum === Infinity ? `is a number from ${minimum}` : `is a number from ${minimum} to ${maximum}`];
}

function listFaults({ items, minItems = 0, maxItems = Infinity }: ApiSchema, list: unknown[], path: string): Fault[] {
  if (list.length < minItems) return [{ path, message: `has at least ${minItems} items` }];
  if (list.length > maxItems) return [{ path, message: `has at most ${maxItems} items, not ${list.length}` }];
  return items ? list.flatMap((item, index) => faultsOf(items, item, `${path}[${index}]`)) : [];
}

function objectFaults(schema: ApiSchema, object: object, path: string): Fault[] {
  const { properties = {}, required = [], additionalProperties = true } = schema;
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const missing = required.filter((name) => !Object.hasOwn(object, name));
  const faults: Fault[] = missing.map((name) => ({ path: at(name), message: 'is missing' }));
  for (const [name, value] of Object.entries(object)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known) faults.push(...faultsOf(known, value, at(name)));
    else if (!additionalProperties) faults.push({ path: at(name), message: unknown(name, Object.keys(properties)) });
  }
  return faults;
}

/** `is not known; did you mean limit?` */
export function unknown(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  const list = known.length === 0 ? 'there are none here' : `there are ${known.join(', ')}`;
  return `is not known; ${near === undefined ? list : `did you mean ${near}?`}`;
}

function oneOf(values: readonly unknown[], value: unknown): string {
  const near = typeof value === 'string' ? nearest(value, values.map(String)) : undefined;
  return `is one of ${values.map(String).join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`;
}

function article(types: readonly TypeName[]): string {
  const names: Readonly<Record<TypeName, string>> = {
    string: 'a text',
    integer: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    object: 'an object',
    array: 'a list',
    null: 'null',
  };
  return types.map((type) => names[type]).join(' or ');
}
