import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { expect, onTestFinished, test } from 'vitest';
import { createHttpClient } from '../../../src/app/remote/http-client.ts';
import { ServerLink } from '../../../src/app/remote/server-link.ts';
import { defineJob } from '../../../src/job/define.ts';
import type { RunQuery } from '../../../src/ports/store-query.ts';
import { systemClock } from '../../../src/std/clock.ts';
import { openApi } from '../../support/api.ts';

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
  await createHttpClient({ link: new ServerLink({ url }), clock: systemClock }).list(query);
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

test('VT-15 many runs come in one request, in order, null for what is unknown; keys that no list can hold come alone', async () => {
  const job = defineJob({ name: 'work', run: () => 1 });
  const { app, handler } = openApi([job]);
  const asked: string[] = [];
  const listener = getRequestListener(handler, { overrideGlobalObjects: false });
  const server = createServer((request, response) => {
    asked.push(new URL(request.url ?? '', 'http://server').pathname);
    void listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createHttpClient({ link: new ServerLink({ url }), clock: systemClock });
  const handles = await app.client.enqueueMany(
    job,
    ['key/1', 'a,b', '键 2'].map((key) => ({ input: undefined, key })),
  );
  const [one, two, three] = handles.map(({ id }) => id);
  const found = await client.getMany(['键 2', 'nothing', one ?? '', 'key/1', one ?? '']);
  expect(found.map((run) => run?.id ?? null)).toEqual([three, null, one, one, one]);
  expect(asked).toEqual(['/api/v1/runs']);
  const alone = await client.getMany(['a,b', 'c,d']);
  expect(alone.map((run) => run?.id ?? null)).toEqual([two, null]);
  expect(asked.slice(1).toSorted()).toEqual(['/api/v1/runs/a%2Cb', '/api/v1/runs/c%2Cd']);
  expect(await client.getMany([])).toEqual([]);
  expect(asked).toHaveLength(3);
});

test('a large value stands in lists by its size, on a server as on its store, and the run alone has it', async () => {
  const job = defineJob({ name: 'work', run: () => 1 });
  const { app, handler } = openApi([job]);
  const server = createServer((request, response) => {
    void getRequestListener(handler, { overrideGlobalObjects: false })(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const remote = createHttpClient({ link: new ServerLink({ url }), clock: systemClock });
  const large = 'x'.repeat(20_000);
  const { id } = await app.client.enqueue(job, large);

  const omitted = { input: 20_002 };
  for (const client of [app.client, remote]) {
    expect((await client.list()).items).toMatchObject([{ id, input: null, omitted }]);
    expect(await client.getMany([id])).toMatchObject([{ id, input: null, omitted }]);
    expect(await client.find(id)).toMatchObject({ id, input: JSON.stringify(large) });
    expect(await client.find(id)).not.toHaveProperty('omitted');
  }
});

test('a key is compared with the whole input of its run, however large', async () => {
  const job = defineJob({ name: 'work', run: () => 1 });
  const { app } = openApi([job]);
  const large = 'x'.repeat(20_000);
  const wish = (key: string) => ({ job: 'work', input: large, key, trigger: 'api' }) as const;
  const [first] = await app.enqueue([wish('a')]);
  const again = await app.enqueue([wish('a'), wish('b')]);
  expect(again.map(({ run, created }) => [run.id === first?.run.id, created])).toEqual([
    [true, false],
    [false, true],
  ]);
});

test('more than an address can carry takes several requests', async () => {
  const { url, asked } = await emptyServer();
  const client = createHttpClient({ link: new ServerLink({ url }), clock: systemClock });
  expect(await client.getMany(Array.from({ length: 250 }, (_, i) => `key-${i}`))).toHaveLength(250);
  expect(asked).toHaveLength(3);
  await client.getMany(Array.from({ length: 60 }, (_, i) => `${'键'.repeat(100)}${i}`));
  expect(Math.max(...asked.map((path) => path.length))).toBeLessThan(7_000);
});
