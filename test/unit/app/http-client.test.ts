import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { HttpClient } from '../../../src/app/remote/http-client.ts';
import { ServerLink } from '../../../src/app/remote/server-link.ts';
import type { RunQuery } from '../../../src/ports/store-query.ts';
import { systemClock } from '../../../src/std/clock.ts';

/** A server that knows no runs, and the path of each request to it. */
async function emptyServer(): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.setHeader('Content-Type', 'application/json').end('{"items":[],"next":null}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

test('every condition of a list reaches the server', async () => {
  const { url, asked } = await emptyServer();
  const query: Required<RunQuery> = {
    job: 'work',
    states: ['queued', 'running'],
    trigger: 'api',
    key: 'a&b',
    parent: 'p1',
    schedule: 'nightly',
    since: 0,
    until: 1_000,
    tail: 'zz',
    cursor: 'c1',
    limit: 7,
  };
  await new HttpClient({ link: new ServerLink({ url }), clock: systemClock }).list(query);
  const { pathname, searchParams } = new URL(asked[0] ?? '', url);
  expect(pathname).toBe('/api/v1/runs');
  expect(Object.fromEntries(searchParams)).toEqual({
    job: 'work',
    state: 'queued,running',
    trigger: 'api',
    key: 'a&b',
    parent: 'p1',
    schedule: 'nightly',
    since: '1970-01-01T00:00:00.000Z',
    until: '1970-01-01T00:00:01.000Z',
    tail: 'zz',
    cursor: 'c1',
    limit: '7',
  });
});
