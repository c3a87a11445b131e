import { expect, test } from 'vitest';
import { defineJob } from '../../../../src/job/define.ts';
import { openApi } from '../../../support/api.ts';

const noop = defineJob({ name: 'noop', run: () => null });

test('stats tell of the last day unless asked for another time', async () => {
  const { app, sendRequest } = openApi([noop]);
  await app.client.enqueue(noop);
  const { status, body } = await sendRequest('GET', '/stats');
  expect(status).toBe(200);
  expect(body).toMatchObject({ v: 1, live: { due: 1 }, ended: { partMs: 3_600_000 }, jobs: [{ job: 'noop', due: 1 }] });
  expect(await sendRequest('GET', '/stats?since=6h')).toMatchObject({
    status: 200,
    body: { ended: { partMs: 900_000 } },
  });
});

test('a time that is none, or too long, is refused', async () => {
  const { sendRequest } = openApi([noop]);
  for (const since of ['yesterday', '10m', '31d']) {
    expect(await sendRequest('GET', `/stats?since=${since}`), since).toMatchObject({
      status: 400,
      body: { code: 'USAGE' },
    });
  }
});
