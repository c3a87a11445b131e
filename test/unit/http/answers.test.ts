import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { headerPairs } from '../../../src/http/header-pairs.ts';
import { TextAnswer, wholeOf } from '../../../src/http/text-answer.ts';

test('a text answer is for others the response that it stands for', async () => {
  const headers = { 'Content-Type': 'application/json', 'X-A': '1', 'x-a': '2' };
  const whole = wholeOf(new TextAnswer('{"text":"ö"}', { status: 201, headers }));
  const meant = new Response('{"text":"ö"}', { status: 201, headers });
  expect(whole.status).toBe(201);
  expect([...whole.headers]).toEqual([...meant.headers]);
  expect(await whole.text()).toBe('{"text":"ö"}');
});

test.each([
  { what: 'each once', raw: ['X-B', '2', 'Host', 'a', 'x-a', 'ö'] },
  { what: 'one twice', raw: ['X-B', '2', 'Host', 'a', 'x-b', '3', 'Cookie', 'c', 'cookie', 'd'] },
  { what: 'none', raw: [] },
])('the headers of a request are those that its Headers hold: $what', ({ raw }) => {
  const request = new Request('http://localhost/');
  for (let at = 0; at < raw.length; at += 2) request.headers.append(raw[at] ?? '', raw[at + 1] ?? '');
  const incoming = { rawHeaders: raw } as Partial<IncomingMessage> as IncomingMessage;
  expect(headerPairs(request, incoming)).toEqual([...request.headers]);
  expect(headerPairs(request, undefined)).toEqual([...request.headers]);
});
