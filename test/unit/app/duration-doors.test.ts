import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Client } from '../../../src/app/client/client.ts';
import { createHttpClient } from '../../../src/app/remote/http-client.ts';
import { ServerLink } from '../../../src/app/remote/server-link.ts';
import { readLine } from '../../../src/cli/arguments/read-line.ts';
import { readInstant } from '../../../src/cli/arguments/instant.ts';
import { commands } from '../../../src/cli/command-table.ts';
import { defineJob } from '../../../src/job/define.ts';
import { RetryLater } from '../../../src/job/failure.ts';
import { newId } from '../../../src/std/id.ts';
import type { Duration } from '../../../src/std/duration.ts';
import { systemClock } from '../../../src/std/clock.ts';
import { openApi, type TestApi } from '../../support/api.ts';
import { openApp } from '../../support/apps.ts';

/** By name: some of them throw when they are printed. */
const noDurations: Readonly<Record<string, unknown>> = {
  NaN: Number.NaN,
  Infinity,
  negative: -1,
  'a huge number': 1e300,
  'an empty text': '',
  'ISO 8601': 'P1D',
  'a unit that is none': '5 parsecs',
  'a week': '1 week',
  'a day too many': '365251d',
  'a text of a megabyte': '5'.repeat(1_000_000),
  null: null,
  bigint: 5n,
  symbol: Symbol('5s'),
  'a list of one': ['5s'],
  'an object that reads as one': { toString: () => '5s', valueOf: () => 5 },
  'a bare object': Object.create(null),
  'an object that throws': new Proxy({}, { get: boom }),
  function: () => 5,
  Date: new Date(5),
};

const noInstants: Readonly<Record<string, unknown>> = {
  'an invalid Date': new Date(Number.NaN),
  'the last Date': new Date(8.64e15),
  'the first Date': new Date(-8.64e15),
  'the year 200000': new Date('+200000-01-01'),
  'the year 10000': new Date('+010000-01-01'),
  null: null,
  bigint: 5n,
  'a text': '2026-01-31',
  'an object that reads as one': { getTime: () => 5, valueOf: () => 5 },
  'a Date that lies': Object.assign(new Date(Number.NaN), { getTime: () => 5 }),
  'an object that throws': new Proxy({}, { get: boom }),
  Infinity,
  NaN: Number.NaN,
};

function boom(): never {
  throw new Error('looked at');
}

const noDuration = /(is not|is too long for) a duration/;
const noInstant = /(is no instant|lies beyond the year 9999)/;

const isRefused = (code: string, sentence: RegExp) => ({ code, message: expect.stringMatching(sentence) as string });

async function remoteOf({ handler }: TestApi): Promise<Client> {
  const listener = getRequestListener(handler, { overrideGlobalObjects: false });
  const server = createServer((request, response) => void listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return createHttpClient({ link: new ServerLink({ url }), clock: systemClock });
}

describe.each(Object.keys(noDurations))('%s', (name) => {
  const value = noDurations[name] as Duration;
  const usage = isRefused('USAGE', noDuration);

  test('is refused with a sentence and a code wherever a caller gives a duration', async () => {
    const job = defineJob({ name: 'job', run: () => 1 });
    const api = openApi([job]);
    const { client } = api.app;
    for (const each of [client, await remoteOf(api)]) {
      await expect(each.enqueue(job, undefined, { delay: value })).rejects.toMatchObject(usage);
      await expect(each.enqueue(job, undefined, { timeout: value })).rejects.toMatchObject(usage);
      await expect(each.enqueueMany(job, [{ input: undefined, delay: value }])).rejects.toMatchObject(usage);
      await expect(each.wait(newId(), { timeout: value })).rejects.toMatchObject(usage);
      await expect(each.stats({ since: value })).rejects.toMatchObject(usage);
    }
    const asked = { job: 'job', trigger: 'api' } as const;
    await expect(api.app.execute([{ ...asked, delay: value }])).rejects.toMatchObject(usage);
    await expect(api.app.execute([{ ...asked, timeout: value }])).rejects.toMatchObject(usage);
    expect((await client.list()).items).toEqual([]);
  });

  test('ends the run whose handler gives it, at once and for good', async () => {
    const retry = { attempts: 3, delay: 0 };
    const jobs = [
      defineJob({ name: 'sleeps', retry, run: ({ step }) => step.sleep('a', value) }),
      defineJob({ name: 'waits', retry, run: ({ step }) => step.wait('e', { timeout: value }) }),
      defineJob({ name: 'works', retry, run: ({ step }) => step('a', { timeout: value }, () => 1) }),
      defineJob({
        name: 'retries',
        retry,
        run: ({ step }) => step('a', { retry: { attempts: 2, delay: value } }, boom),
      }),
      defineJob({
        name: 'comes-later',
        retry,
        run() {
          throw new RetryLater(value);
        },
      }),
    ];
    const { run } = openApp(jobs);
    for (const job of jobs) {
      const { state, error, attempt } = await run(job.name);
      expect({ job: job.name, state, attempt, ...error }).toMatchObject({
        job: job.name,
        state: 'failed',
        attempt: 1,
        ...isRefused('CONFIG_INVALID', noDuration),
      });
    }
  });

  test('is refused in the definition of a job and in the options of an app', () => {
    const wrong = expect.objectContaining(isRefused('CONFIG_INVALID', noDuration)) as Error;
    for (const option of ['timeout', 'deadline', 'grace']) {
      expect(() => defineJob({ name: 'x', run: () => 1, [option]: value })).toThrow(wrong);
    }
    for (const option of ['delay', 'maxDelay']) {
      expect(() => defineJob({ name: 'x', run: () => 1, retry: { attempts: 2, [option]: value } })).toThrow(wrong);
    }
    if (value === null) return; // there it means that the option is not given
    const options = { keep: ['succeeded', 'failed'], limits: ['lease', 'parkAfter'] };
    for (const [section, names] of Object.entries(options)) {
      for (const option of names) expect(() => openApp([], { [section]: { [option]: value } })).toThrow(wrong);
    }
  });
});

describe.each(Object.keys(noInstants))('%s', (name) => {
  const value = noInstants[name] as Date;
  const usage = isRefused('USAGE', noInstant);

  test('is refused with a sentence and a code wherever an instant is given', async () => {
    const sleeps = defineJob({
      name: 'sleeps',
      retry: { attempts: 3, delay: 0 },
      run: ({ step }) => step.sleepUntil('a', value),
    });
    const api = openApi([sleeps]);
    const { client } = api.app;
    const target = { type: 'job', name: 'sleeps' } as const;
    for (const each of [client, await remoteOf(api)]) {
      await expect(each.pause(target, { until: value })).rejects.toMatchObject(usage);
      const bound = value instanceof Date ? Date.prototype.getTime.call(value) : value;
      await expect(each.list({ since: bound })).rejects.toMatchObject(usage);
      await expect(each.list({ until: bound })).rejects.toMatchObject(usage);
    }
    expect(await client.pauses()).toEqual([]);
    const [run] = await api.app.execute([{ job: 'sleeps', trigger: 'api' }]);
    expect(run).toMatchObject({ state: 'failed', attempt: 1, error: isRefused('CONFIG_INVALID', noInstant) });
  });
});

describe('over HTTP', () => {
  const texts = ['', 'NaN', '-1s', '1e300', '5n', 'P1D', '5 parsecs', '400000d', '99999999999999s', '9'.repeat(400)];
  const values = [...texts, null, 5, -1, 1e300, {}, ['5s'], true];

  test.each(values)('%j is no duration of a body, and 400', async (value) => {
    const { app, sendRequest } = openApi([defineJob({ name: 'job', run: () => 1 })]);
    for (const field of ['delay', 'timeout']) {
      const body = { runs: [{ job: 'job', [field]: value }] };
      expect(await sendRequest('POST', '/runs', { body })).toMatchObject({ status: 400, body: { code: 'USAGE' } });
    }
    expect((await app.client.list()).items).toEqual([]);
  });

  test.each(texts)('%j is no duration of a query, and 400', async (text) => {
    const { app, sendRequest } = openApi([defineJob({ name: 'job', run: () => 1 })]);
    for (const field of ['delay', 'timeout']) {
      const path = `/jobs/job/runs?${new URLSearchParams({ [field]: text }).toString()}`;
      expect(await sendRequest('POST', path, { body: {} })).toMatchObject({ status: 400, body: { code: 'USAGE' } });
    }
    const stats = await sendRequest('GET', `/stats?${new URLSearchParams({ since: text }).toString()}`);
    expect(stats).toMatchObject({ status: 400, body: { code: 'USAGE' } });
    expect((await app.client.list()).items).toEqual([]);
  });

  const instants = ['', '2026-02-30T00:00:00Z', '9999-12-31T23:59:59Z', '+275760-09-13T00:00:00Z', '300000-01-01'];

  test.each([...instants, 'P1D', null, 5, {}])('%j is no instant, and 400', async (value) => {
    const { app, sendRequest } = openApi([defineJob({ name: 'job', run: () => 1 })]);
    const pause = await sendRequest('POST', '/jobs/job/pause', { body: { until: value } });
    expect(pause).toMatchObject({ status: 400, body: { code: 'USAGE' } });
    expect(await app.client.pauses()).toEqual([]);
    if (typeof value !== 'string') return;
    for (const field of ['since', 'until']) {
      const list = await sendRequest('GET', `/runs?${new URLSearchParams({ [field]: value }).toString()}`);
      expect(list).toMatchObject({ status: 400, body: { code: 'USAGE' } });
    }
  });

  test('a duration of a client arrives, however long', async () => {
    const job = defineJob({ name: 'job', run: () => 1 });
    const api = openApi([job]);
    const { id } = await (await remoteOf(api)).enqueue(job, undefined, { delay: '365250d', timeout: '365250d' });
    expect((await api.app.client.find(id)).state).toBe('queued');
  });
});

describe('on the command line', () => {
  const flags = commands.flatMap(({ path, flags }) =>
    flags.filter(({ kind }) => kind === 'duration').map(({ name }) => [...path, `--${name}`]),
  );
  const texts = ['', 'NaN', '-1s', '1e300', 'P1D', '5 parsecs', 'null', '365251d', '9'.repeat(400)];

  test.each(flags)('%s %s takes a duration only', (...words) => {
    const flag = words.pop();
    for (const text of texts)
      expect(() => readLine([...words, `${flag}=${text}`])).toThrow(
        expect.objectContaining(isRefused('USAGE', noDuration)) as Error,
      );
  });

  test.each(['', 'NaN', 'P1D', '9999-12-31T23:59:59Z', '+275760-09-13', '300000-01-01', '2026-02-30'])(
    '%j is no instant of a flag',
    (text) => {
      expect(() => readInstant(text, Date.now(), '--since')).toThrow(
        expect.objectContaining(isRefused('USAGE', noInstant)) as Error,
      );
    },
  );
});
