import { describe, expect, test } from 'vitest';
import { createHandler } from '../../../src/http/handler.ts';
import { isLoopback, refuseExposure } from '../../../src/http/exposure.ts';
import type { HandlerOptions } from '../../../src/http/handler-options.ts';
import { openApp } from '../../support/apps.ts';

function handler(options: HandlerOptions): (path: string, init?: RequestInit) => Promise<Response> {
  const answer = createHandler(openApp([]).app, options);
  return (path, init) => answer(new Request(`http://any.example${path}`, init));
}

test('EGO-22 only addresses of this machine need no token', () => {
  for (const host of ['127.0.0.1', '127.8.9.10', '::1', 'localhost']) {
    expect(isLoopback(host)).toBe(true);
    expect(() => refuseExposure(host, {})).not.toThrow();
  }
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.evil.example', 'localhost.example', '::ffff:10.0.0.1']) {
    expect(isLoopback(host)).toBe(false);
    expect(() => refuseExposure(host, {})).toThrow('without a token');
    expect(() => refuseExposure(host, { token: 'x' })).not.toThrow();
    expect(() => refuseExposure(host, { tokens: [{ token: 'x', rights: ['read'] }] })).not.toThrow();
    expect(() => refuseExposure(host, { insecure: true })).not.toThrow();
  }
  expect(() => refuseExposure('127.0.0.1', { token: '' })).toThrow('empty');
});

describe('a handler', () => {
  test('lets nobody in by an empty token, nor by half of one', async () => {
    const sendRequest = handler({ tokens: [{ token: 'whole-token', rights: ['write'] }] });
    for (const authorization of ['', 'Bearer', 'Bearer ', 'Bearer whole', 'Bearer whole-tokenx', 'whole-token']) {
      expect((await sendRequest('/job/list', { headers: { authorization } })).status).toBe(401);
    }
    expect((await sendRequest('/job/list', { headers: { authorization: 'Bearer whole-token' } })).status).toBe(200);
  });

  test('takes a page of another origin for a stranger, unless it shows a token', async () => {
    const sendRequest = handler({ token: 'whole-token' });
    const headers = { host: 'any.example', origin: 'https://page.example' };
    const asked = (more: object) => sendRequest('/jobs', { method: 'POST', headers: { ...headers, ...more } });
    expect((await asked({})).status).toBe(403);
    expect((await asked({ authorization: 'Bearer whole-token' })).status).toBe(400);
    expect((await asked({ origin: 'http://any.example', authorization: 'Bearer whole-token' })).status).toBe(400);
  });

  test('is done once its app stops', async () => {
    const { app } = openApp([]);
    const answer = createHandler(app, {});
    await app.stop();
    const response = await answer(new Request('http://localhost/job/list'));
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
  });
});
