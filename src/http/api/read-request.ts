import { OnejobError } from '../../job/errors.ts';
import { readBody } from '../body.ts';
import { textOfHeader } from '../header-bytes.ts';
import { refuse } from '../problem.ts';
import { faultsOf, typesOf, unknown, valueOfText, type Fault } from './check.ts';
import type { Route } from './route.ts';
import type { ApiSchema, Fields } from './schema.ts';

/** What a request says besides its body. */
export interface Said {
  readonly params: Record<string, unknown>;
  readonly query: Record<string, unknown>;
  readonly headers: Record<string, unknown>;
}

/** Reads the requests of a route. The reader throws USAGE naming the parameter, as a problem of status 400. */
export function readerOf(
  route: Route,
): (params: Readonly<Record<string, string>>, query: URLSearchParams, headers: Headers) => Said {
  const { params = {}, query = {}, headers = {} } = route;
  const checkParams = checkOf('the path', params, Object.keys(params));
  const checkQuery = checkOf('the query', query);
  const checkHeaders = checkOf('the headers', headers);
  return (...given) => ({
    params: checkParams(readParams(params, given[0])),
    query: checkQuery(readQuery(query, given[1])),
    headers: checkHeaders(readHeaders(headers, given[2])),
  });
}

function readParams(params: Fields, given: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(params).map(([name, schema]) => [name, valueOfText(schema, given[name] ?? '')]),
  );
}

/** Repeated and listed with commas is the same. @throws USAGE for a parameter that is not known */
function readQuery(query: Fields, given: URLSearchParams): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name of new Set(given.keys())) {
    const schema = Object.hasOwn(query, name) ? query[name] : undefined;
    const texts = given.getAll(name);
    if (!schema) refuseFaults('the query', [{ path: name, message: unknown(name, Object.keys(query)) }]);
    else if (typesOf(schema).includes('array')) values[name] = listOf(schema, texts);
    else if (texts.length > 1) refuseFaults('the query', [{ path: name, message: 'is given twice' }]);
    else values[name] = valueOfText(schema, texts[0] ?? '');
  }
  return values;
}

/** Node reads each byte as a character; what is UTF-8 is read as such (contract EGO-27). */
function readHeaders(headers: Fields, given: Headers): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(headers)) {
    const text = given.get(name);
    if (text !== null) values[name] = valueOfText(schema, textOfHeader(text));
  }
  return values;
}

/**
 * The body as a value, and its very text. No bytes at all are no body.
 * @throws USAGE (400; 415 for another media type than JSON), PAYLOAD_TOO_LARGE
 */
export async function readJson(
  { body }: Route,
  request: Request,
  maxBytes: number,
): Promise<{ readonly body: unknown; readonly text: string }> {
  const text = decode(await readBody(request, maxBytes));
  if (text === '' || !body) return noBody(body, text);
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw refuse(415, `the body is ${type === '' ? 'of no named type' : type}, and must be JSON`, {
      hint: 'send the header Content-Type: application/json',
      headers: { Accept: 'application/json' },
    });
  }
  const value = parseJson(text);
  const faults = faultsOf(body.schema, value);
  if (faults.length > 0) refuseFaults('the body', faults);
  return { body: value, text };
}

function noBody(body: Route['body'], text: string): { body: undefined; text: string } {
  if (text !== '') throw refuse(400, 'a body is not taken here');
  if (body?.required) refuseFaults('the body', [{ path: '', message: `is missing: ${body.description}` }]);
  return { body: undefined, text };
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new OnejobError('USAGE', 'the body is not UTF-8 text');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new OnejobError('USAGE', `the body is not JSON: ${(cause as Error).message}`, { cause });
  }
}

function listOf(schema: ApiSchema, texts: readonly string[]): unknown[] {
  const { items = {} } = schema;
  return texts.flatMap((text) => text.split(',')).map((text) => valueOfText(items, text.trim()));
}

/** Checks values of those fields, and adds the defaults. */
function checkOf(where: string, fields: Fields, required: readonly string[] = []) {
  const schema = { type: 'object', properties: fields, required } as const;
  const defaults = Object.entries(fields).filter((field) => field[1].default !== undefined);
  return (values: Record<string, unknown>): Record<string, unknown> => {
    const faults = faultsOf(schema, values);
    if (faults.length > 0) refuseFaults(where, faults);
    for (const [name, { default: value }] of defaults) if (!Object.hasOwn(values, name)) values[name] = value;
    return values;
  };
}

/** @throws USAGE with a sentence for each, and all of them as data */
function refuseFaults(where: string, faults: readonly Fault[]): never {
  const list = faults.slice(0, 5).map(({ path, message }) => (path === '' ? `it ${message}` : `${path} ${message}`));
  const more = faults.length > 5 ? ` and ${faults.length - 5} more` : '';
  throw new OnejobError('USAGE', `${where} ${where.endsWith('s') ? 'are' : 'is'} wrong: ${list.join('; ')}${more}`, {
    hint: 'GET openapi.json says what is taken',
    data: { fields: faults },
  });
}

const decoder = new TextDecoder('utf-8', { fatal: true });
