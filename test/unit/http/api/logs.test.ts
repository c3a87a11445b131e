import { expect, test } from 'vitest';
import { defineJob } from '../../../../src/job/define.ts';
import { createDeferred } from '../../../../src/std/deferred.ts';
import { openApi } from '../../../support/api.ts';

function talkative(gate: Promise<unknown> = Promise.resolve()) {
  return defineJob({
    name: 'talk',
    async run({ log }) {
      for (let i = 1; i <= 4; i++) console.log(`line ${i}`);
      log.info('你好\nworld', { n: 1 });
      await gate;
      console.log('last');
    },
  });
}

async function ran() {
  const api = openApi([talkative()]);
  await api.app.start();
  const { id } = await api.app.client.enqueue('talk');
  await api.app.client.wait(id, { timeout: '50s' });
  return { ...api, id };
}

const events = (text: string) =>
  text
    .split('\n\n')
    .map((each) => Object.fromEntries(each.split('\n').map((row) => row.split(/: (.*)/s, 2) as [string, string])))
    .filter((each) => each['data'] !== undefined);

test('the log is text unless asked otherwise, as `onejob runs logs` prints it', async () => {
  const { sendRequest, id } = await ran();
  const { text, headers } = await sendRequest('GET', `/runs/${id}/logs`);
  expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(text).toMatch(/^line 1\nline 2\nline 3\nline 4\n.*你好/);
  expect(await sendRequest('GET', `/runs/${id}/logs`, { headers: { Accept: 'image/png' } })).toMatchObject({
    status: 406,
  });
  expect(await sendRequest('GET', '/runs/nobody/logs')).toMatchObject({ status: 404 });
});

test('as JSON, a line each, and from any offset on', async () => {
  const { sendRequest, id } = await ran();
  const headers = { Accept: 'application/x-ndjson' };
  const lines = async (query = '') =>
    (await sendRequest('GET', `/runs/${id}/logs${query}`, { headers })).text
      .trimEnd()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { offset: string; text: string });
  const all = await lines();
  expect(all).toHaveLength(6);
  expect(all[4]).toMatchObject({ text: '你好\nworld', fields: { n: 1 }, level: 'info', stream: 'log' });
  for (const [i, { offset }] of all.entries()) expect(await lines(`?offset=${offset}`)).toEqual(all.slice(i + 1));
});

test('as events whose id is the offset: a browser that comes again gets the rest, and after the end nothing', async () => {
  const { sendRequest, id } = await ran();
  const read = (last?: string) =>
    sendRequest('GET', `/runs/${id}/logs`, {
      headers: { Accept: 'text/event-stream', ...(last !== undefined && { 'Last-Event-ID': last }) },
    });
  const all = events((await read()).text);
  expect(all).toHaveLength(7);
  expect(all.at(-1)).toMatchObject({ event: 'end', data: '{"state":"succeeded"}' });
  for (const [i, each] of all.entries()) {
    const rest = await read(each['id']);
    if (i === all.length - 1) expect(rest.status).toBe(204);
    else expect(events(rest.text)).toEqual(all.slice(i + 1));
  }
});

test('a reader who follows gets lines while the run goes on, then the end; one who does not gets what there is', async () => {
  const gate = createDeferred<void>();
  const { app, sendRequest, handler } = openApi([talkative(gate.promise)]);
  await app.start();
  const { id } = await app.client.enqueue('talk');
  const headers = { Accept: 'text/event-stream' };
  const following = await handler(new Request(`http://api.test/api/v1/runs/${id}/logs`, { headers }));
  let text = '';
  for await (const bytes of following.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(bytes).toString();
    if (events(text).length === 5) {
      expect((await sendRequest('GET', `/runs/${id}/logs`)).text.split('\n').length).toBeGreaterThan(5);
      gate.resolve();
    }
  }
  expect(events(text).map(({ event }) => event ?? 'line')).toEqual([...Array<string>(6).fill('line'), 'end']);
});

test.each([
  ['text/plain', /line 4\n.*你好[\s\S]*\nonejob: the log is cut here: the app /],
  ['text/event-stream', /event: cut\ndata: \{"error":\{"code":"APP_STOPPING"/],
  ['application/x-ndjson', /\n\{"error":\{"code":"APP_STOPPING","message":"[^"]+"\}\}\n$/],
])('a log that is cut by the end of the server says so, as %s', async (type, said) => {
  const gate = createDeferred<void>();
  const { app, handler } = openApi([talkative(gate.promise)]);
  await app.start();
  const { id } = await app.client.enqueue('talk');
  const url = `http://api.test/api/v1/runs/${id}/logs?follow`;
  const { body } = await handler(new Request(url, { headers: { Accept: type } }));
  let text = '';
  for await (const bytes of body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(bytes).toString();
    if (text.includes('你好')) void app.stop(0);
  }
  gate.resolve();
  expect(text).toMatch(said);
});

test('a reader who leaves is forgotten', async () => {
  const gate = createDeferred<void>();
  const { app, handler } = openApi([talkative(gate.promise)]);
  const { id } = await app.client.enqueue('talk');
  const response = await handler(new Request(`http://api.test/api/v1/runs/${id}/logs?follow=true`));
  const reader = response.body?.getReader();
  const reading = reader?.read();
  await reader?.cancel();
  expect(await reading).toMatchObject({ done: true });
  await app.stop(0);
});

test('hints say which runs of this process changed, and are lost rather than kept for a slow reader', async () => {
  const { app, handler } = openApi([talkative()]);
  const response = await handler(new Request('http://api.test/api/v1/events'));
  const reader = response.body?.getReader();
  const read = async () => new TextDecoder().decode((await reader?.read())?.value);
  expect(await read()).toContain('retry');
  const first = read();
  await app.start();
  const { id } = await app.client.enqueue('talk');
  expect(await first).toMatch(/^event: changed\ndata: \{"runs":/);
  for (;;) if ((await read()).includes(id)) break;
  for (let i = 0; i < 3_000; i++) app.client.changeHub.changed([`run-${i}`]);
  for (;;) if ((await read()).includes('"runs":null')) break;
  await reader?.cancel();
});
