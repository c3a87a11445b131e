import fc from 'fast-check';
import { expect, test } from 'vitest';
import { faultsOf, typesOf } from '../../../../src/http/api/check.ts';
import { openapi, routes } from '../../../../src/http/api/index.ts';
import type { ApiSchema } from '../../../../src/http/api/schema.ts';
import { run as runSchema } from '../../../../src/http/api/schemas.ts';
import { defineJob } from '../../../../src/job/define.ts';
import { runView } from '../../../../src/job/run-view.ts';
import { answered, openApi } from '../../../support/api.ts';

const hello = defineJob({ name: 'hello', run: () => 'hello' });

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: unknown;
  readonly responses: Readonly<Record<string, unknown>>;
}
const document = openapi() as { paths: Record<string, Record<string, Operation>>; components: { schemas: object } };

test('every route stands in the document, every operation of the document is a route', () => {
  const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { operationId }]) => `${method.toUpperCase()} ${path} ${operationId}`),
  );
  expect(documented.toSorted()).toEqual(routes.map(({ method, path, id }) => `${method} ${path} ${id}`).toSorted());
  expect(new Set(routes.map(({ id }) => id)).size).toBe(routes.length);
});

test('an operation says of parameters, body and answers what its route checks', () => {
  for (const { method, path, params = {}, query = {}, headers = {}, body, answers } of routes) {
    const operation = document.paths[path]?.[method.toLowerCase()];
    const named = (place: string) =>
      operation?.parameters?.filter((each) => each.in === place).map(({ name }) => name) ?? [];
    expect(named('path')).toEqual(Object.keys(params));
    expect(named('query')).toEqual(Object.keys(query));
    expect(named('header')).toEqual(Object.keys(headers).filter((name) => name !== 'accept'));
    expect(path.match(/(?<=\{)\w+/g) ?? []).toEqual(Object.keys(params));
    expect(operation?.requestBody !== undefined).toBe(body !== undefined);
    expect(Object.keys(operation?.responses ?? {})).toEqual(expect.arrayContaining(Object.keys(answers)));
  }
});

test('no schema says more than the check looks at', () => {
  const known = new Set(
    (
      'type description enum const default examples format pattern minLength maxLength minimum maximum items minItems ' +
      'maxItems properties required additionalProperties'
    ).split(' '),
  );
  const visit = (schema: ApiSchema): void => {
    for (const keyword of Object.keys(schema)) expect(known).toContain(keyword);
    if (schema.items) visit(schema.items);
    for (const each of Object.values(schema.properties ?? {})) visit(each);
  };
  for (const { params = {}, query = {}, headers = {}, body, answers } of routes) {
    for (const schema of [params, query, headers].flatMap((fields) => Object.values(fields))) visit(schema);
    if (body) visit(body.schema);
    for (const { content = {} } of Object.values(answers)) for (const schema of Object.values(content)) visit(schema);
  }
});

test('all references lead somewhere', () => {
  const references = JSON.stringify(document).match(/(?<="\$ref":"#\/components\/schemas\/)\w+/g) ?? [];
  expect(references.length).toBeGreaterThan(10);
  for (const name of references) expect(Object.keys(document.components.schemas)).toContain(name);
});

/** Values that fit a schema, as far as they can be made up. */
function fitting(schema: ApiSchema): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const [type] = typesOf(schema);
  switch (type) {
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -1_000, max: schema.maximum ?? 1_000 });
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(fitting(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(3, schema.maxItems ?? 3),
      });
    case 'object': {
      const properties = Object.entries(schema.properties ?? {}).map(([name, each]) => [name, fitting(each)] as const);
      return fc.record(Object.fromEntries(properties), { requiredKeys: [...(schema.required ?? [])] });
    }
    case 'string':
      if (schema.pattern?.includes('ms|s')) return fc.constantFrom('1ms', '2.5s', '10m', '2h', '99999d');
      if (schema.format === 'date-time')
        return fc.constantFrom('2026-01-31T08:00:00Z', '9999-12-31T23:59:59.999+00:00');
      return fc.oneof(
        fc.constantFrom('k', 'hello', '0', '12.3', '1d'),
        fc.string({ maxLength: Math.min(schema.maxLength ?? 50, 50), unit: 'binary' }),
      );
    default:
      return fc.jsonValue();
  }
}

/** Anything: texts that no store can hold, numbers beyond all bounds, shapes of other routes. */
const anything = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.integer(),
  fc.constant(undefined),
);

test(
  'whatever is sent, fitting or not, is answered as the document says, and never by 500',
  { timeout: 120_000 },
  async () => {
    const { handler, app } = openApi([hello]);
    await app.client.enqueue('hello', undefined, { key: 'k' });
    const endless = new Set(['/events', '/runs/{ref}/logs']);
    const requests = fc.constantFrom(...routes.filter(({ path }) => !endless.has(path))).chain((route) => {
      const { params = {}, query = {}, headers = {}, body } = route;
      const either = (schema: ApiSchema) =>
        fc.oneof({ weight: 4, arbitrary: fitting(schema) }, { weight: 1, arbitrary: anything });
      const of = (fields: Readonly<Record<string, ApiSchema>>) =>
        fc.record(Object.fromEntries(Object.entries(fields).map(([name, schema]) => [name, either(schema)])), {
          requiredKeys: [],
        });
      return fc.record({
        route: fc.constant(route),
        params: of(params),
        query: of(query),
        headers: of(headers),
        body: body ? fc.option(either(body.schema), { nil: undefined }) : fc.constant(undefined),
      });
    });
    await fc.assert(
      fc.asyncProperty(requests, async ({ route, params, query, headers, body }) => {
        const text = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
        const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
          encodeURIComponent(text(params[name] ?? 'k').toWellFormed()),
        );
        const url = new URL(`http://api.test/api/v1${path}`);
        for (const [name, value] of Object.entries(query))
          if (value !== undefined) url.searchParams.set(name, text(value).toWellFormed());
        const sent = Object.entries(headers).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, text(value)] as const],
        );
        const legal = sent.filter(([, value]) => /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value));
        // Waiting is tried elsewhere: here it would only take long.
        const given = Object.fromEntries(legal.filter(([name]) => name !== 'prefer'));
        const json = body === undefined ? {} : { 'Content-Type': 'application/json' };
        const init = {
          method: route.method,
          headers: { ...given, ...json },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        };
        const response = await handler(new Request(url, init));
        expect(response.status).toBeLessThan(500);
        const at = url.pathname.slice('/api/v1'.length);
        const known = new Set([...Object.keys(route.answers), '400', '404', '405', '409', '413', '415', '422']);
        expect(known).toContain(String(response.status));
        if (response.status < 400) await answered(route.method, at, response);
      }),
      { numRuns: 1_500 },
    );
  },
);

test('the check refuses what does not fit and takes what does', () => {
  const schema: ApiSchema = {
    type: 'object',
    required: ['a'],
    additionalProperties: false,
    properties: { a: { type: ['integer', 'null'] } },
  };
  expect(faultsOf(schema, { a: null })).toEqual([]);
  expect(faultsOf(schema, { a: 1.5 })).toEqual([{ path: 'a', message: 'is a whole number or null' }]);
  expect(faultsOf(schema, {})).toEqual([{ path: 'a', message: 'is missing' }]);
  expect(faultsOf(schema, [])).toEqual([{ path: '', message: 'is an object' }]);
  expect(faultsOf(schema, JSON.parse('{"a":1,"__proto__":1}'))).toHaveLength(1);
});

test('the document names each member of a run, and of its steps, that is sent', async () => {
  const { app } = openApi([defineJob({ name: 'stepped', run: ({ step }) => step('one', () => 1) })]);
  await app.start();
  const { id } = await app.client.enqueue('stepped');
  await app.client.wait(id, { timeout: '50s' });
  const { steps = [], ...sent } = runView(await app.client.find(id, { steps: true }));
  expect(Object.keys(sent).filter((name) => !(name in runSchema.properties))).toEqual([]);
  expect(steps.flatMap((step) => Object.keys(step)).filter((name) => !(name in stepProperties))).toEqual([]);
});

const stepProperties: object = { ...runSchema.properties.steps.items.properties, output: {} };
