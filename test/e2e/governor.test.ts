import { describe, expect, test } from 'vitest';
import { createInstalled, onejob } from '../support/onejob.ts';
import { sendRequest, postJob, bytesOf, exchange, serve, textOf, type Serving } from '../support/serving.ts';

const job = (code: string) => `
  import { defineJob, JobError } from 'onejob';
  export default defineJob({ ${code} });`;

const files = {
  'jobs/echo.job.mjs': job(`async run({ request, response, header }) {
    response.header('X-Type', request.headers.get('content-type') ?? 'none').header('X-User', header('user') ?? '');
    response.write(Buffer.from(await request.arrayBuffer()).toString('hex'));
  }`),
  'jobs/answers.job.mjs': job(`run({ input, response }) {
    if (input === 'wrote') response.status(201).header('X-Mine', '张三').header('Connection', 'x').write('wrote');
    return input === 'text' ? '文本' : input === 'nothing' ? undefined : { n: 1 };
  }`),
  'jobs/fails.job.mjs': job(`run({ input, response, log }) {
    log.warn('about to fail');
    response.header('X-Mine', 'x').write('begun');
    if (input === 'code') throw new JobError('USER_NOT_FOUND', '没有\\n用户', { data: { id: 7 }, level: 'info' });
    throw new Error(input);
  }`),
  'jobs/greet.job.mjs': `
    import { defineJob } from 'onejob';
    import { z } from 'zod';
    export default defineJob({ input: z.object({ name: z.string() }), run: ({ input }) => 'hello ' + input.name });`,
  'jobs/traced.job.mjs': job(`run({ run }) { return run.traceId; }`),
};

async function serving(...args: string[]): Promise<Serving & { cwd: string }> {
  const cwd = await createInstalled(files);
  return { ...(await serve({ cwd }, args)), cwd };
}

/** Without what every answer has. */
function own({ names }: { names: readonly string[] }): string[] {
  return names.filter((name) => /^(?:X-(?:Ego|Onejob)|Content-(?:Type|Length)$|Allow$)/.test(name)).toSorted();
}

describe('the governor', () => {
  test('EGO-8 lists the jobs, sorted', async () => {
    const { url } = await serving();
    const { status, headers, body } = await sendRequest(`${url}/job/list`);
    expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    expect(body).toBe('["answers","echo","fails","greet","traced"]');
    expect(await sendRequest(`${url}/job/list`, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });

  test('EGO-9 executes a job with any body and answers with what it wrote', async () => {
    const { url } = await serving();
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    for (const [runId, body, type] of [
      ['bytes', bytes, 'application/octet-stream'],
      ['json', '{ "a" : 1 }', 'application/json'],
      ['text', 'a=1&b=张三', 'application/x-www-form-urlencoded'],
      ['none', '', 'text/plain'],
    ] as const) {
      const answer = await postJob(url, 'echo', runId, { body, headers: { 'content-type': type } });
      expect(answer.body).toBe(Buffer.from(body as string).toString('hex'));
      expect(answer).toMatchObject({
        status: 200,
        headers: { 'x-ego-job-name': 'echo', 'x-ego-job-runid': runId, 'x-type': type },
      });
      if (body !== '') expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    }
  });

  test('EGO-9 answers with what a job returned, where it wrote nothing, and with the status and headers it set', async () => {
    const { url } = await serving();
    expect(await postJob(url, 'answers', '1', { body: 'text' })).toMatchObject({
      body: '文本',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
    });
    expect(await postJob(url, 'answers', '2', { body: 'object' })).toMatchObject({
      body: '{"n":1}',
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
    const nothing = await postJob(url, 'answers', '3', { body: 'nothing' });
    expect([nothing.status, nothing.body, own(nothing)]).toEqual([
      200,
      '',
      ['Content-Length', 'X-Ego-Job-Name', 'X-Ego-Job-RunID'],
    ]);
    const wrote = await postJob(url, 'answers', '4', { body: 'wrote' });
    expect([wrote.status, wrote.body, textOf(wrote.headers['x-mine'])]).toEqual([201, 'wrote', '张三']);
    expect(wrote.headers['connection']).not.toBe('x');
  });

  test('EGO-9, EGO-19 the RunID stands in the run and in each of its log lines, beside the trace', async () => {
    const { url, cwd, process } = await serving('--log-level=info');
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
    expect((await postJob(url, 'traced', 'night-7', { headers })).body).toBe(trace);
    expect((await postJob(url, 'traced', 'fresh')).body).toMatch(/^[0-9a-f]{32}$/);
    await postJob(url, 'fails', 'night-7-f', { headers, body: 'oops' });
    const lines = process.stderr.split('\n').filter((line) => line.includes(trace));
    expect(lines.length).toBeGreaterThan(4);
    for (const line of lines)
      expect(JSON.parse(line)).toMatchObject({ runId: /"fails"/.test(line) ? 'night-7-f' : 'night-7' });
    expect(lines.some((line) => line.includes('about to fail'))).toBe(true);
    const { stdout } = await onejob(['runs', 'show', 'ego:night-7', '--json'], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ key: 'ego:night-7', trigger: 'http', traceId: trace });
  });

  test('EGO-10, EGO-11, EGO-12 refuses what does not name a job, a RunID, or a job that is there', async () => {
    const { url } = await serving();
    const asked = (headers: Record<string, string>) =>
      sendRequest(`${url}/jobs`, { method: 'POST', body: '{}', headers });
    for (const [answer, err, echoed] of [
      [await asked({}), 'jobName not exist', []],
      [await asked({ 'X-Ego-Job-RunID': 'r' }), 'jobName not exist', []],
      [await asked({ 'X-Ego-Job-Name': 'echo' }), 'jobName: echo, jobRunID not exist', ['X-Ego-Job-Name']],
      [await postJob(url, 'nope', 'r'), 'job:nope not exist', ['X-Ego-Job-Name', 'X-Ego-Job-RunID', 'X-Onejob-Code']],
    ] as const) {
      expect([answer.status, answer.body, answer.headers['x-ego-job-err']]).toEqual([400, '', err]);
      const names = ['Content-Length', 'X-Ego-Job-Err', 'X-Onejob-Err', ...echoed];
      expect(own(answer)).toEqual(names.toSorted());
    }
  });

  test('EGO-13 a job that fails is 500, without what it had written', async () => {
    const { url } = await serving();
    const answer = await postJob(url, 'fails', 'r', { body: 'it broke' });
    expect(answer).toMatchObject({ status: 500, body: '' });
    expect(answer.headers).toMatchObject({
      'x-ego-job-name': 'fails',
      'x-ego-job-runid': 'r',
      'x-ego-job-err': 'it broke',
      'x-onejob-code': 'JOB_FAILED',
    });
    expect(answer.headers['x-mine']).toBeUndefined();
  });

  test('EGO-13 an input that the schema refuses is 400, and nothing runs', async () => {
    const { url, cwd } = await serving();
    const answer = await postJob(url, 'greet', 'r', { body: '{"name":1}' });
    expect([answer.status, answer.body]).toEqual([400, '']);
    expect(answer.headers['x-ego-job-err']).toContain('the input of greet is not valid: name');
    expect((await postJob(url, 'greet', 'r', { body: 'not json' })).headers['x-ego-job-err']).toContain('not JSON');
    expect((await postJob(url, 'greet', 'r', { body: '{"name":"Ann"}' })).body).toBe('hello Ann');
    const { items } = JSON.parse((await onejob(['runs', 'list', '--json'], { cwd })).stdout) as { items: unknown[] };
    expect(items).toHaveLength(1);
  });

  test('EGO-14 the error text is UTF-8 bytes on one line, at most 1 KiB, and percent-encoded besides', async () => {
    const { url, port } = await serving();
    const long = await postJob(url, 'fails', 'long', { body: JSON.stringify(`a${'张'.repeat(500)}`) });
    const err = textOf(long.headers['x-ego-job-err']);
    expect(err).toBe(`a${'张'.repeat(341)}`);
    expect(decodeURIComponent(long.headers['x-onejob-err'] ?? '')).toBe(err);

    const body = JSON.stringify('第一行\r\n第二行\u0007 end');
    const head = ['POST /jobs HTTP/1.1', 'Host: localhost', 'X-Ego-Job-Name: fails', 'X-Ego-Job-RunID: 编号'];
    const text = [...head, `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close', '', body].join('\r\n');
    const answer = (await exchange(port, Buffer.from(text, 'utf8'))).toString('utf8');
    expect(answer).toMatch(/^HTTP\/1\.1 500 Internal Server Error\r\n/);
    expect(answer).toContain('\r\nX-Ego-Job-Err: 第一行  第二行  end\r\n');
    expect(answer).toContain('\r\nX-Ego-Job-RunID: 编号\r\n');
  });

  test('EGO-27 a header in UTF-8 bytes is read and written as text', async () => {
    const { url } = await serving();
    const { headers } = await postJob(url, 'echo', 'r', { headers: { user: bytesOf('张三') } });
    expect(textOf(headers['x-user'])).toBe('张三');
  });

  test('SJ-16 a JobError shows its code, text and data', async () => {
    const { url } = await serving();
    const answer = await postJob(url, 'fails', 'r', { body: 'code' });
    expect([answer.status, answer.headers['x-onejob-code']]).toEqual([500, 'USER_NOT_FOUND']);
    expect(textOf(answer.headers['x-ego-job-err'])).toBe('没有 用户');
    expect(JSON.parse(answer.body)).toEqual({ code: 'USER_NOT_FOUND', message: '没有\n用户', data: { id: 7 } });
  });

  test('EGO-16 other methods are 405 and other paths 404', async () => {
    const { url } = await serving();
    expect(await sendRequest(`${url}/jobs`)).toMatchObject({ status: 405, body: '', headers: { allow: 'POST' } });
    expect(await sendRequest(`${url}/job/list`, { method: 'POST' })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    });
    for (const path of ['/jobs/', '/job', '/job/list/', '/nothing']) {
      expect(await sendRequest(url + path)).toMatchObject({ status: 404, body: '' });
      expect(await sendRequest(url + path, { method: 'POST' })).toMatchObject({ status: 404 });
    }
  });

  test('EGO-17 a body over the limit is 413, announced or not, and nothing runs', async () => {
    const { url, cwd, port } = await serving();
    const body = 'x'.repeat(1_048_577);
    const announced = await postJob(url, 'echo', 'a', { body });
    expect([announced.status, announced.body]).toEqual([413, '']);
    expect(announced.headers['x-ego-job-err']).toContain('larger than the limit of 1048576 bytes');
    expect((await postJob(url, 'echo', 'b', { body, headers: { 'transfer-encoding': 'chunked' } })).status).toBe(413);
    const expected = [
      'POST /jobs HTTP/1.1',
      'Host: localhost',
      'X-Ego-Job-Name: echo',
      'X-Ego-Job-RunID: c',
      'Expect: 100-continue',
      'Content-Length: 1048577',
    ];
    expect((await exchange(port, `${expected.join('\r\n')}\r\n\r\n`)).toString()).toMatch(/^HTTP\/1\.1 413 /);
    expect((await postJob(url, 'answers', 'd', { body: 'x'.repeat(1_048_570) })).status).toBe(200);
    const { items } = JSON.parse((await onejob(['runs', 'list', '--json'], { cwd })).stdout) as { items: unknown[] };
    expect(items).toHaveLength(1);
  });

  test('EGO-28 keeps the body and the headers, but none that carries a secret', async () => {
    const cwd = await createInstalled({
      ...files,
      'onejob.config.json': '{"redact":["X-Shop-Key"],"http":{"token":"t0ken-of-all"}}',
      'jobs/headers.job.mjs': job(`run({ request }) { return Object.fromEntries(request.headers); }`),
    });
    const { url, process } = await serve({ cwd }, ['--log-level=debug']);
    const headers = {
      authorization: 'Bearer t0ken-of-all',
      cookie: 'c00kie=1',
      'proxy-authorization': 'pr0xy',
      'x-shop-key': 'sh0p',
      'x-kept': 'kept',
    };
    const { status, body } = await postJob(url, 'headers', 'r', { headers, body: '"the body"' });
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ 'x-kept': 'kept', 'x-ego-job-runid': 'r' });
    const shown = await onejob(['runs', 'show', 'ego:r', '--json'], { cwd });
    const api = await sendRequest(`${url}/api/v1/runs/ego:r`, { headers });
    expect(api.status).toBe(200);
    const everything = [body, process.stderr, shown.stdout, api.body].join('\n');
    expect(everything).not.toMatch(/t0ken-of-all|c00kie|pr0xy|sh0p/);
  });
});
