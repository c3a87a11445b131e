import { expect } from 'vitest';
import type { App } from '../../src/app/app.ts';
import type { AppOptions } from '../../src/app/config/options.ts';
import { faultsOf } from '../../src/http/api/check.ts';
import { routes } from '../../src/http/api/index.ts';
import type { Route } from '../../src/http/api/route.ts';
import { problem } from '../../src/http/api/schemas.ts';
import { createHandler } from '../../src/http/handler.ts';
import type { AnyJob } from '../../src/job/define.ts';
import { openApp } from './apps.ts';

interface Asking {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed where it is JSON. */
  readonly body: Record<string, unknown>;
  readonly text: string;
}

/** An API without a socket. Every answer in JSON is held against what its route says it answers. */
export interface TestApi {
  readonly app: App;
  readonly handler: (request: Request) => Promise<Response>;
  sendRequest(method: string, path: string, asking?: Asking): Promise<Answered>;
}

export function openApi(jobs: readonly AnyJob[], options: AppOptions = {}): TestApi {
  const { app } = openApp(jobs, options);
  const { token, tokens } = options.http ?? {};
  const handler = createHandler(app, { token, tokens });
  return {
    app,
    handler,
    async sendRequest(method, path, { body, headers = {} } = {}) {
      const json = body === undefined ? {} : { 'Content-Type': 'application/json' };
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const init = { method, headers: { ...json, ...headers }, ...(body !== undefined && { body: text }) };
      return answered(method, path, await handler(new Request(`http://api.test/api/v1${path}`, init)));
    },
  };
}

/** Reads an answer. @throws where the document does not say that this may be answered */
export async function answered(method: string, path: string, response: Response): Promise<Answered> {
  const text = await response.text();
  const { status, headers } = response;
  const type = headers.get('content-type') ?? '';
  const isJson = type.includes('json') && !type.includes('ndjson') && text !== '';
  const body = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
  if (status >= 400 && method !== 'HEAD') {
    expect(type, `${method} ${path}`).toBe('application/problem+json');
    expect(faultsOf(problem, body)).toEqual([]);
    return { status, headers, body, text };
  }
  const answer = routeOf(method, path)?.answers[status];
  expect(answer, `${method} ${path} may answer ${status}`).toBeDefined();
  const schema = answer?.content?.['application/json'];
  if (schema && isJson)
    expect(faultsOf(schema, body), `${method} ${path} ${status}: ${text.slice(0, 500)}`).toEqual([]);
  for (const name of Object.keys(answer?.headers ?? {})) expect(headers.has(name), `${name} of ${path}`).toBe(true);
  return { status, headers, body, text };
}

/** The route that takes this request; a fixed path before one with parameters. */
function routeOf(method: string, path: string): Route | undefined {
  const [plain = ''] = path.split('?');
  const matches = routes.filter((route) => {
    const pattern = route.path.replaceAll(/[.]/g, '\\.').replaceAll(/\{\w+\}/g, '[^/]+');
    return route.method === (method === 'HEAD' ? 'GET' : method) && new RegExp(`^${pattern}$`).test(plain);
  });
  return matches.toSorted((a, b) => Number(a.path.includes('{')) - Number(b.path.includes('{')))[0];
}
