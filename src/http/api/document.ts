import { statuses } from '../status.ts';
import type { Route } from './route.ts';
import type { ApiSchema, Fields } from './schema.ts';
import { components, problem } from './schemas.ts';

/** The routes as OpenAPI 3.1. Made of what also checks each request, so it cannot say anything else. */
export function documentOf(routes: readonly Route[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(route);
  return {
    openapi: '3.1.0',
    info: {
      title: 'onejob',
      version,
      description: 'Jobs, their runs and the nodes that work on them. Errors are problem details (RFC 9457).',
    },
    servers: [{ url: '/api/v1' }],
    security: [{ token: [] }, {}],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: Object.fromEntries(
        Object.entries(components).map(([name, schema]) => [name, withReferences(schema, true)]),
      ),
    },
  };
}

function operationOf(route: Route): Record<string, unknown> {
  const { id, summary, right, params = {}, query = {}, headers = {}, body } = route;
  const parameters = [
    ...parametersOf(params, 'path', true),
    ...parametersOf(query, 'query', false),
    // OpenAPI says by itself what these two are.
    ...parametersOf(headers, 'header', false).filter(({ name }) => !['accept', 'content-type'].includes(name)),
  ];
  return {
    operationId: id,
    summary,
    description: `Takes the right \`${right}\`.`,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: bodyOf(body) }),
    responses: responsesOf(route),
    'x-onejob-right': right,
  };
}

function parametersOf(fields: Fields, place: string, required: boolean) {
  return Object.entries(fields).map(([name, schema]) => {
    const { description, ...rest } = schema;
    return { name, in: place, required, ...(description !== undefined && { description }), schema: rest };
  });
}

function bodyOf({ schema, required, description }: NonNullable<Route['body']>): Record<string, unknown> {
  return { required, description, content: { 'application/json': { schema: withReferences(schema) } } };
}

function responsesOf({ answers }: Route): Record<string, unknown> {
  const own = Object.entries(answers).map(([status, { description, content = {}, headers = {} }]) => {
    const forms = Object.entries(content).map(([type, schema]) => [type, { schema: withReferences(schema) }]);
    const heads = Object.entries(headers).map(([name, { description: says, ...schema }]) => [
      name,
      { description: says, schema },
    ]);
    return [
      status,
      {
        description,
        ...(forms.length > 0 && { content: Object.fromEntries(forms) }),
        ...(heads.length > 0 && { headers: Object.fromEntries(heads) }),
      },
    ];
  });
  const refusal = {
    description: 'refused',
    content: { 'application/problem+json': { schema: withReferences(problem) } },
  };
  const errors = [...refusals].map((status) => [status, refusal]);
  return Object.fromEntries([...errors, ['431', tooLong], ...own]);
}

/** The server refuses it before any route is asked. */
const tooLong = { description: 'the line of the request and its headers are larger than 16 KiB; without a body' };

/** Each status of the table of errors, and those of HTTP itself. */
const refusals = new Set(
  [400, 405, 415, ...Object.values(statuses).map(({ api }) => api)].filter((status) => status >= 400).map(String),
);

/** A part that has a name stands in the document once. */
function withReferences(schema: ApiSchema, isTop = false): unknown {
  const [name] = Object.entries(components).find(([, each]) => each === schema) ?? [];
  if (name !== undefined && !isTop) return { $ref: `#/components/schemas/${name}` };
  const { items, properties, ...rest } = schema;
  return {
    ...rest,
    ...(items && { items: withReferences(items) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([key, each]) => [key, withReferences(each)])),
    }),
  };
}
