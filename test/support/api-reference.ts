import { routes } from '../../src/http/api/index.ts';
import type { Route } from '../../src/http/api/route.ts';
import type { ApiSchema, Fields } from '../../src/http/api/schema.ts';

/** docs/reference/api.md: what openapi.json says, for people. */
export function apiReference(): string {
  return [intro, summary(), ...routes.map(section)].join('\n\n') + '\n';
}

const intro = `# API

<!-- Written by \`UPDATE_REFERENCE=1 npx vitest run --project unit test/unit/docs/api-page.test.ts\` from the routes. -->

All of it lies below \`/api/v1\` of what \`onejob start\` serves. The same for programs, as OpenAPI 3.1: \`GET
/api/v1/openapi.json\`. How to use it, with transcripts: [the guide](../guide/api.md).

- Bodies are JSON in UTF-8, with \`Content-Type: application/json\`. Instants are RFC 3339, durations \`250ms 30s 10m 2h 3d\`.
- A list is \`{ "v": 1, "items": [ … ], "next": … }\`; \`next\`, where it is not null, is the \`cursor\` of the next page.
- A run is the same everywhere, also in \`onejob runs show --json\`; \`steps\` stand in it where one run is shown.
- Errors are problem details (RFC 9457), \`application/problem+json\`: \`type title status detail code\`, \`hint\` with the
  remedy, \`data\` for programs. Codes and their statuses: [errors](errors.md). 404, 405 (with \`Allow\`), 406, 415 and 431
  are HTTP's own. 503 carries \`Retry-After\`.
- Rights: \`read\` < \`trigger\` < \`write\`; each holds those before it. Without a token configured, and on a loopback address
  only, everybody who reaches it has all of them.`;

function summary(): string {
  const rows = routes.map(
    ({ method, path, summary: meaning, right }) => `| \`${method} ${path}\` | ${right} | ${meaning} |`,
  );
  return ['| | right | |', '|---|---|---|', ...rows].join('\n');
}

function section(route: Route): string {
  const { method, path, summary: meaning, params = {}, query = {}, headers = {}, body, answers } = route;
  const lines = [`## ${method} ${path}`, '', `${meaning}.`];
  const rows = [...fieldRows(params, 'path'), ...fieldRows(query, 'query'), ...fieldRows(headers, 'header')];
  if (body) rows.push(...bodyRows(body.schema, body.description));
  if (rows.length > 0) lines.push('', '| | in | |', '|---|---|---|', ...rows);
  const told = Object.entries(answers).map(([status, { description }]) => `- **${status}** ${description}`);
  return [...lines, '', ...told].join('\n');
}

function fieldRows(fields: Fields, place: string): string[] {
  return Object.entries(fields).map(([name, schema]) => `| \`${name}\` | ${place} | ${describe(schema)} |`);
}

function bodyRows(schema: ApiSchema, description: string): string[] {
  const { properties, required = [] } = schema;
  if (!properties) return [`| | body | ${description} |`];
  return Object.entries(properties).map(([name, each]) => {
    const inner = each.items?.properties;
    const of = inner ? `list of { ${Object.keys(inner).join(', ')} }` : describe(each);
    return `| \`${name}\` | body | ${[of, required.includes(name) ? 'required' : ''].filter(Boolean).join('; ')} |`;
  });
}

function describe(schema: ApiSchema): string {
  const { description = '', default: otherwise, minimum, maximum } = schema;
  const range = minimum === undefined ? '' : maximum === undefined ? `from ${minimum}` : `${minimum} to ${maximum}`;
  const unless = otherwise === undefined || otherwise === false ? '' : `${JSON.stringify(otherwise)} unless given`;
  return [kindOf(schema), range, description, unless].filter(Boolean).join('; ').replaceAll('|', '\\|');
}

function kindOf({ enum: values, type, items, format, examples }: ApiSchema): string {
  if (values)
    return `one of ${values
      .filter((value) => value !== null)
      .map((value) => `\`${String(value)}\``)
      .join(' ')}`;
  if (items) return `several: ${kindOf(items)}`;
  if (format === 'date-time') return 'an instant';
  if (examples && type === 'string' && String(examples[0]).endsWith('ms')) return 'a duration';
  const names: Readonly<Record<string, string>> = {
    string: 'text',
    integer: 'whole number',
    boolean: '`true` or `false`',
  };
  const types = type === undefined ? [] : typeof type === 'string' ? [type] : type;
  return types.map((each) => names[each] ?? each).join(' or ');
}
