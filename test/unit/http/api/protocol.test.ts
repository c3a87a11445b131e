import { describe, expect, test } from 'vitest';
import { defineJob } from '../../../../src/job/define.ts';
import { OnejobError } from '../../../../src/job/errors.ts';
import { openApi } from '../../../support/api.ts';

const hello = defineJob({ name: 'hello', run: () => 'hello' });

describe('a request that is wrong is told what is wrong with it', () => {
  test.each([
    ['an unknown parameter, with the nearest', 'GET', '/runs?limti=3', 400, 'limti is not known; did you mean limit?'],
    ['a parameter where there are none', 'GET', '/jobs?x=1', 400, 'x is not known; there are none here'],
    ['a number out of its range', 'GET', '/runs?limit=10001', 400, 'limit is a number from 1 to 10000'],
    ['a number that is none', 'GET', '/runs?limit=ten', 400, 'limit is a whole number'],
    ['a state that is none, with the nearest', 'GET', '/runs?state=faild', 400, 'did you mean failed?'],
    ['a parameter twice', 'GET', '/runs?limit=1&limit=2', 400, 'limit is given twice'],
    ['an instant that is none', 'GET', '/runs?since=yesterday', 400, "since: 'yesterday' is no instant"],
    ['what no store can hold', 'GET', '/runs/a%00b', 400, 'characters that cannot be stored'],
    ['a path that is none, with the nearest', 'GET', '/rusn', 404, 'there is nothing at /api/v1/rusn'],
    ['a method', 'DELETE', '/runs', 405, 'DELETE is not taken here'],
    ['an offset that is none', 'GET', '/runs/a/logs?offset=-1', 400, 'offset does not look like'],
  ])('%s', async (_, method, path, status, sentence) => {
    const { sendRequest } = openApi([hello]);
    const { status: got, body } = await sendRequest(method, path);
    expect({ status: got, detail: body['detail'] }).toEqual({
      status,
      detail: expect.stringContaining(sentence) as string,
    });
  });

  test('a body that is no JSON, of another type, of another shape, or that is not taken', async () => {
    const { sendRequest } = openApi([hello]);
    const send = (path: string, body: string, type = 'application/json') =>
      sendRequest('POST', path, { body, headers: { 'Content-Type': type } });
    expect(await send('/jobs/hello/runs', '{')).toMatchObject({ status: 400 });
    const form = await send('/jobs/hello/runs', 'a=b', 'application/x-www-form-urlencoded');
    expect(form).toMatchObject({ status: 415 });
    expect(form.headers.get('accept')).toBe('application/json');
    expect(await send('/jobs/hello/runs?key=k', '{}', 'application/vnd.shop+json; charset=utf-8')).toMatchObject({
      status: 202,
    });
    expect((await send('/runs/k/cancel', '{"resaon":"x"}')).body['detail']).toContain('did you mean reason?');
    expect(await send('/runs/k/send', '{}')).toMatchObject({ status: 400 });
    expect(await sendRequest('POST', '/runs/k/send')).toMatchObject({ status: 400 });
    expect(await send('/jobs/hello/resume', '{}')).toMatchObject({ status: 400 });
  });

  test('a body that is nested too deep to be stored is refused, and so are headers, each by its number', async () => {
    const { app, sendRequest } = openApi([hello]);
    const headers = { 'Content-Type': 'application/json' };
    const deep = await sendRequest('POST', '/jobs/hello/runs', {
      body: '['.repeat(100_000) + ']'.repeat(100_000),
      headers,
    });
    expect(deep).toMatchObject({ status: 422, body: { code: 'VALUE_REJECTED' } });
    expect((await app.client.list()).items).toEqual([]);
    const empty = await sendRequest('POST', '/jobs/hello/runs', { headers: { 'Idempotency-Key': '' } });
    expect(empty.body['detail']).toBe('the headers are wrong: idempotency-key is empty');
  });

  test('EGO-17 a body over the limit is 413, and nothing runs', async () => {
    const { app, sendRequest } = openApi([hello], { limits: { value: 1_000 } });
    const large = await sendRequest('POST', '/jobs/hello/runs', { body: { text: 'x'.repeat(2_000) } });
    expect(large).toMatchObject({ status: 413, body: { code: 'PAYLOAD_TOO_LARGE' } });
    expect((await app.client.list()).items).toEqual([]);
  });

  test('405 names what is taken, as an answer to OPTIONS too; HEAD goes where GET does', async () => {
    const { sendRequest } = openApi([hello]);
    expect((await sendRequest('OPTIONS', '/runs')).headers.get('allow')).toBe('POST, GET, HEAD');
    expect((await sendRequest('PUT', '/jobs/hello/runs')).headers.get('allow')).toBe('POST');
    expect((await sendRequest('OPTIONS', '/runs/cancel')).headers.get('allow')).toBe('POST');
    expect(await sendRequest('HEAD', '/jobs')).toMatchObject({ status: 200, text: '' });
  });
});

test('problems carry code, hint and request id; those of the table name their type, and 503 says when to come again', async () => {
  const { app, sendRequest } = openApi([hello]);
  const headers = { 'X-Request-Id': 'r-1' };
  expect(await sendRequest('GET', '/runs/nobody', { headers })).toMatchObject({
    body: {
      type: 'urn:onejob:error:RUN_UNKNOWN',
      title: 'No run has that id or key.',
      status: 404,
      code: 'RUN_UNKNOWN',
      hint: 'onejob runs list shows the latest',
      requestId: 'r-1',
    },
  });
  const store = await app.openStore();
  store.list = () => Promise.reject(new OnejobError('STORE_UNAVAILABLE', 'the store is away'));
  const away = await sendRequest('GET', '/runs');
  expect(away).toMatchObject({ status: 503, body: { code: 'STORE_UNAVAILABLE' } });
  expect(away.headers.get('retry-after')).toBe('1');
});

test('what fails for a reason of its own is a 500 that tells strangers nothing', async () => {
  const { app, sendRequest } = openApi([hello]);
  const store = await app.openStore();
  store.list = () => Promise.reject(new Error('password: hunter2'));
  expect(await sendRequest('GET', '/runs')).toMatchObject({ status: 500, body: { code: 'INTERNAL' } });
  expect((await sendRequest('GET', '/runs')).text).not.toContain('hunter2');
});

describe('rights', () => {
  const tokens = [
    { token: 'r', rights: ['read'], name: 'reader' },
    { token: 't', rights: ['trigger'], name: 'shop' },
    { token: 'w', rights: ['write'], name: 'ann' },
  ] as const;
  const as = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });

  test('read is for looking, trigger for starting and sending, write for the rest', async () => {
    const { app, sendRequest } = openApi([hello], { http: { tokens } });
    await app.jobs.load();
    const statuses = async (method: string, path: string, body?: unknown) => {
      const given = body === undefined ? {} : { body };
      const all = ['', 'r', 't', 'w'].map((token) =>
        sendRequest(method, path, token === '' ? given : { ...given, ...as(token) }),
      );
      return (await Promise.all(all)).map(({ status }) => status);
    };
    expect(await statuses('GET', '/runs')).toEqual([401, 200, 200, 200]);
    expect(await statuses('GET', '/openapi.json')).toEqual([401, 200, 200, 200]);
    expect(await statuses('POST', '/jobs/hello/runs?key=k')).toEqual([401, 403, 202, 202]);
    expect(await statuses('POST', '/runs/k/send', { event: 'e' })).toEqual([401, 403, 200, 200]);
    expect(await statuses('POST', '/jobs/hello/pause')).toEqual([401, 403, 403, 200]);
    expect(await statuses('POST', '/runs/k/cancel')).toEqual([401, 403, 403, 200]);
    expect(await statuses('GET', '/nothing')).toEqual([401, 404, 404, 404]);
    expect((await app.client.find('k')).error?.message).toContain('by ann');
  });
});
