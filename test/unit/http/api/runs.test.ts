import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../../../src/job/define.ts';
import { JobError } from '../../../../src/job/failure.ts';
import { openApi } from '../../../support/api.ts';

const add = defineJob({
  name: 'add',
  summary: 'Adds',
  input: z.object({ a: z.number(), b: z.number().default(1) }),
  run: ({ input: { a, b } }) => ({ sum: a + b }),
});
const broken = defineJob({
  name: 'broken',
  run: () => {
    throw new JobError('NO_LUCK', 'none today', { data: { try: 7 } });
  },
});
const echo = defineJob({
  name: 'echo',
  run: async ({ request, args, header }) => ({ text: await request.text(), args, user: header('x-user') ?? null }),
});
const approve = defineJob({
  name: 'approve',
  run: async ({ step }) => `approved by ${await step.wait('approved', { schema: z.string() })}`,
});
const steps = defineJob({
  name: 'steps',
  async run({ step }) {
    for (const name of ['get', 'sum', 'put']) await step(name, () => name);
  },
});
const jobs = [add, broken, echo, approve, steps];
const waiting = { headers: { Prefer: 'wait=20' } };

describe('starting a run', () => {
  test('is 202 with its place, 200 with the run once it has ended, whatever its state', async () => {
    const { app, sendRequest } = openApi(jobs);
    const stored = await sendRequest('POST', '/jobs/add/runs', { body: { a: 1 } });
    expect(stored).toMatchObject({
      status: 202,
      body: { v: 1, key: null, job: 'add', state: 'queued', created: true },
    });
    const place = stored.headers.get('location') ?? '';
    expect(place).toBe(`/api/v1/runs/${String(stored.body['id'])}`);
    await app.start();
    const shown = await sendRequest('GET', place.slice('/api/v1'.length), waiting);
    expect(shown).toMatchObject({ status: 200, body: { state: 'succeeded', output: { sum: 2 }, trigger: 'http' } });
    expect(shown.headers.get('preference-applied')).toBe('wait=20');
    const done = await sendRequest('POST', '/jobs/add/runs', { body: { a: 2, b: 3 }, ...waiting });
    expect(done).toMatchObject({ status: 200, body: { output: { sum: 5 }, created: true } });
    const failed = await sendRequest('POST', '/jobs/broken/runs', waiting);
    const error = { code: 'NO_LUCK', message: 'none today', data: { try: 7 } };
    expect(failed).toMatchObject({ status: 200, body: { state: 'failed', error } });
  });

  test('SJ-16 a wait that runs out is 202, and the run goes on', async () => {
    const { app, sendRequest } = openApi(jobs);
    await app.start();
    const left = await sendRequest('POST', '/jobs/approve/runs?key=k', { headers: { Prefer: 'wait=0' } });
    expect(left).toMatchObject({ status: 202, body: { key: 'k', jobId: 'k' } });
    await sendRequest('POST', '/runs/k/send', { body: { event: 'approved', data: 'ann' } });
    expect(await sendRequest('GET', '/runs/k', waiting)).toMatchObject({ body: { output: 'approved by ann' } });
  });

  test('VT-6 the same key gives the same run and its outcome, another input is a conflict', async () => {
    const { app, sendRequest } = openApi(jobs);
    await app.start();
    const key = { 'Idempotency-Key': 'k-1' };
    const first = await sendRequest('POST', '/jobs/add/runs', {
      body: { a: 1 },
      headers: { ...key, ...waiting.headers },
    });
    const again = await sendRequest('POST', '/jobs/add/runs', { body: { b: undefined, a: 1 }, headers: key });
    expect(again).toMatchObject({ status: 200, body: { id: first.body['id'], created: false, output: { sum: 2 } } });
    expect(
      await sendRequest('POST', '/jobs/Add/runs?key=k-1', { body: { a: 1 }, headers: { 'Idempotency-Key': '"k-1"' } }),
    ).toMatchObject({ status: 200 });
    expect(await sendRequest('POST', '/jobs/add/runs', { body: { a: 2 }, headers: key })).toMatchObject({
      status: 409,
      body: { code: 'KEY_CONFLICT' },
    });
    expect(await sendRequest('POST', '/jobs/add/runs?key=other', { body: { a: 1 }, headers: key })).toMatchObject({
      status: 400,
    });
  });

  test('EGO-27, EGO-28 the job reads the very text, the arguments and the headers, not those that carry secrets', async () => {
    const { app, sendRequest } = openApi(jobs);
    await app.start();
    const headers = {
      'X-User': Buffer.from('张三').toString('latin1'),
      Authorization: 'Bearer secret',
      Cookie: 'a=b',
      ...waiting.headers,
    };
    const { body } = await sendRequest('POST', '/jobs/echo/runs?arg=a%20b&arg=c', { body: '{"a" : 1}', headers });
    expect(body).toMatchObject({ output: { text: '{"a" : 1}', args: ['a b', 'c'], user: '张三' } });
    const [run] = await app.client.getMany([String(body['id'])]);
    expect(run?.request?.headers).toEqual([['x-user', '张三']]);
  });

  test('VT-7 of an unknown job, or with a wrong input, is refused naming each field; nothing is stored', async () => {
    const { app, sendRequest } = openApi(jobs);
    expect(await sendRequest('POST', '/jobs/ad/runs', { body: {} })).toMatchObject({
      status: 404,
      body: { code: 'JOB_UNKNOWN', detail: expect.stringContaining('did you mean add?') as string },
    });
    const wrong = await sendRequest('POST', '/jobs/add/runs', { body: { a: 'x', b: 'y' } });
    expect(wrong).toMatchObject({ status: 422, body: { code: 'INPUT_INVALID' } });
    expect(wrong.body['data']).toMatchObject({ fields: [{ path: 'a' }, { path: 'b' }] });
    expect((await app.client.list()).items).toEqual([]);
  });

  test('many runs of several jobs are stored together, or none of them', async () => {
    const { app, sendRequest } = openApi(jobs);
    const runs = [
      { job: 'Add', input: { a: 1 }, key: 'one', priority: 3 },
      { job: 'echo', body: 'text', args: ['x'], headers: [['user', '张三']], trigger: 'cli', delay: '1h' },
    ];
    const stored = await sendRequest('POST', '/runs', { body: { runs } });
    expect(stored).toMatchObject({ status: 202, body: { items: [{ key: 'one', created: true }, { job: 'echo' }] } });
    expect(await app.client.find('one')).toMatchObject({ job: 'add', priority: 3, trigger: 'http' });
    const again = await sendRequest('POST', '/runs', { body: { runs: runs.slice(0, 1) } });
    expect(again).toMatchObject({ body: { items: [{ key: 'one', created: false }] } });
    const bad = { runs: [{ job: 'echo' }, { job: 'add', input: {} }] };
    expect(await sendRequest('POST', '/runs', { body: bad })).toMatchObject({ status: 422 });
    expect((await app.client.list()).items).toHaveLength(2);
  });
});

describe('finding runs', () => {
  test('just these, by id or key, in the order asked for, unknown ones left out; with no other condition', async () => {
    const { app, sendRequest } = openApi(jobs);
    const [one, two] = await app.client.enqueueMany(add, [{ input: { a: 1 }, key: 'k1' }, { input: { a: 2 } }]);
    const { body } = await sendRequest('GET', `/runs?id=${two?.id},nothing&id=k1&id=k1`);
    expect(body).toMatchObject({ items: [{ id: two?.id }, { id: one?.id }], next: null });
    expect((body['items'] as unknown[]).length).toBe(2);
    for (const query of ['id=a&job=add', 'id=a&cursor=x', 'id=', `id=${'a,'.repeat(100)}a`]) {
      expect(await sendRequest('GET', `/runs?${query}`), query).toMatchObject({ status: 400, body: { code: 'USAGE' } });
    }
  });

  test('pages follow each other by cursor, newest first, and hold what the filter says', async () => {
    const { sendRequest } = openApi(jobs);
    for (let i = 0; i < 5; i++)
      await sendRequest('POST', `/jobs/${i === 2 ? 'echo' : 'add'}/runs?key=k${i}`, { body: { a: i } });
    const keys: unknown[] = [];
    for (let cursor = ''; ;) {
      const { body } = await sendRequest('GET', `/runs?job=Add&limit=3${cursor && `&cursor=${cursor}`}`);
      keys.push(...(body['items'] as { key: string }[]).map(({ key }) => key));
      if (body['next'] === null) break;
      cursor = body['next'] as string;
    }
    expect(keys).toEqual(['k4', 'k3', 'k1', 'k0']);
    const count = async (query: string) =>
      ((await sendRequest('GET', `/runs?${query}`)).body['items'] as unknown[]).length;
    expect(await count('state=queued,running&state=failed')).toBe(5);
    expect(await count('state=failed')).toBe(0);
    expect(await count('key=k2&trigger=http&since=1h')).toBe(1);
    expect(await count('since=2999-01-01T00:00:00Z')).toBe(0);
    expect(await count('until=2020-01-01T00:00:00Z')).toBe(0);
  });

  test('VT-5 a run is shown by id, key, or the end of its id; a key may hold a slash', async () => {
    const { app, sendRequest } = openApi(jobs);
    await app.start();
    const { id } = await app.client.enqueue('steps', undefined, { key: 'shop/a:1 %' });
    await app.client.wait(id, { timeout: '50s' });
    for (const ref of [id, id.slice(-8), encodeURIComponent('shop/a:1 %')]) {
      const { body } = await sendRequest('GET', `/runs/${ref}`);
      expect(body).toMatchObject({ id, steps: [{ key: 'get' }, { key: 'sum' }, { key: 'put' }] });
    }
    expect(await sendRequest('GET', '/runs/nobody')).toMatchObject({ status: 404, body: { code: 'RUN_UNKNOWN' } });
  });

  test('VT-22 why a run is not running is said in words', async () => {
    const { sendRequest } = openApi(jobs);
    await sendRequest('POST', '/jobs/add/runs?key=k', { body: { a: 1 } });
    expect(await sendRequest('GET', '/runs/k/explain')).toMatchObject({
      body: { state: 'queued', reason: 'no worker' },
    });
  });
});

describe('changing runs', () => {
  test('VT-13 cancel, retry and restart say what became of the run', async () => {
    const { app, sendRequest } = openApi(jobs);
    await sendRequest('POST', '/jobs/steps/runs?key=k');
    const cancelled = await sendRequest('POST', '/runs/k/cancel', { body: { reason: 'wrong shop' } });
    expect(cancelled).toMatchObject({ status: 200, body: { state: 'cancelled', verdict: 'done' } });
    expect(cancelled.body['error']).toMatchObject({ code: 'RUN_CANCELLED' });
    expect(JSON.stringify(cancelled.body['error'])).toContain('http');
    expect(await sendRequest('POST', '/runs/k/cancel')).toMatchObject({ status: 409, body: { code: 'RUN_FINISHED' } });
    expect(await sendRequest('POST', '/runs/k/retry')).toMatchObject({ status: 200, body: { state: 'queued' } });
    expect(await sendRequest('POST', '/runs/k/retry')).toMatchObject({ status: 409, body: { code: 'RUN_ACTIVE' } });
    await app.start();
    await sendRequest('GET', '/runs/k', waiting);
    expect(await sendRequest('POST', '/runs/k/restart', { body: { from: 'none' } })).toMatchObject({
      status: 404,
      body: { code: 'STEP_UNKNOWN' },
    });
    expect(await sendRequest('POST', '/runs/k/restart', { body: { from: 3 } })).toMatchObject({ status: 200 });
    expect(await sendRequest('GET', '/runs/k', waiting)).toMatchObject({ body: { state: 'succeeded', generation: 1 } });
  });

  test('many are changed by a filter, which has to be there; dryRun only lists them', async () => {
    const { app, sendRequest } = openApi(jobs);
    for (let i = 0; i < 3; i++) await sendRequest('POST', `/jobs/steps/runs?key=k${i}`);
    await sendRequest('POST', '/jobs/echo/runs?key=other');
    expect(await sendRequest('POST', '/runs/cancel')).toMatchObject({ status: 400 });
    expect(await sendRequest('POST', '/runs/cancel?state=failed')).toMatchObject({ status: 400 });
    const dry = await sendRequest('POST', '/runs/cancel?job=steps&dryRun');
    expect(dry.body['items']).toHaveLength(3);
    expect((await app.client.find('k0')).state).toBe('queued');
    const { body } = await sendRequest('POST', '/runs/cancel?job=steps&limit=2', { body: { reason: 'enough' } });
    expect(body).toMatchObject({ more: true, items: [{ verdict: 'done' }, { verdict: 'done' }] });
    expect((await app.client.find('other')).state).toBe('queued');
  });

  test('VT-20 an event is kept for the run that will wait for it', async () => {
    const { app, sendRequest } = openApi(jobs);
    await sendRequest('POST', '/jobs/approve/runs?key=k');
    expect(await sendRequest('POST', '/runs/k/send', { body: { event: 'approved', data: 'bob' } })).toMatchObject({
      status: 200,
    });
    await app.start();
    expect(await sendRequest('GET', '/runs/k', waiting)).toMatchObject({ body: { output: 'approved by bob' } });
    expect(await sendRequest('POST', '/runs/k/send', { body: { event: 'late' } })).toMatchObject({ status: 409 });
  });
});

describe('jobs and nodes', () => {
  test('a job is shown with the JSON Schema of what it takes, under any spelling of its name', async () => {
    const { sendRequest } = openApi(jobs);
    const { body } = await sendRequest('GET', '/jobs');
    expect((body['items'] as { name: string }[]).map(({ name }) => name)).toEqual([
      'add',
      'approve',
      'broken',
      'echo',
      'steps',
    ]);
    expect(await sendRequest('GET', '/jobs/AddJob')).toMatchObject({
      body: { name: 'add', summary: 'Adds', input: { properties: { a: { type: 'number' } }, required: ['a'] } },
    });
    expect(await sendRequest('GET', '/jobs/none')).toMatchObject({ status: 404 });
  });

  test('VT-22 a paused job is shown so until it is resumed; a slip of the pen pauses nothing', async () => {
    const { sendRequest } = openApi(jobs);
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const paused = { reason: 'the shop moves', actor: 'http', until };
    expect(await sendRequest('POST', '/jobs/Add/pause', { body: { reason: paused.reason, until } })).toMatchObject({
      body: { name: 'add', paused },
    });
    expect(await sendRequest('GET', '/jobs/add')).toMatchObject({ body: { paused } });
    expect(await sendRequest('GET', '/pauses')).toMatchObject({ body: { items: [{ type: 'job', name: 'add' }] } });
    expect(await sendRequest('POST', '/jobs/add/resume')).toMatchObject({ body: { paused: null } });
    expect((await sendRequest('GET', '/pauses')).body['items']).toEqual([]);
    expect(await sendRequest('POST', '/jobs/ad/pause')).toMatchObject({ status: 404 });
    expect(await sendRequest('POST', '/jobs/add/pause', { body: { until: '2020-01-01T00:00:00Z' } })).toMatchObject({
      status: 400,
    });
  });

  test('a node is listed, drained and resumed', async () => {
    const { app, sendRequest } = openApi(jobs, { node: 'mill-1' });
    await app.start();
    expect(await sendRequest('GET', '/nodes')).toMatchObject({
      body: { items: [{ node: 'mill-1', drained: false, pid: process.pid }] },
    });
    await sendRequest('POST', '/nodes/mill-1/drain', { body: { reason: 'new kernel' } });
    expect(await sendRequest('GET', '/nodes')).toMatchObject({ body: { items: [{ drained: true }] } });
    await sendRequest('POST', '/nodes/mill-1/resume');
    expect(await sendRequest('GET', '/nodes')).toMatchObject({ body: { items: [{ drained: false }] } });
  });
});
