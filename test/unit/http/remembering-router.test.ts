import { TrieRouter } from 'hono/router/trie-router';
import { expect, test } from 'vitest';
import { RememberingRouter } from '../../../src/http/remembering-router.ts';

test('a router finds the same again, and as many paths as are asked for', () => {
  const plain = new TrieRouter<string>();
  const remembering = new RememberingRouter<string>();
  for (const router of [plain, remembering]) {
    router.add('ALL', '/*', 'guard');
    router.add('POST', '/runs/cancel', 'cancel all');
    router.add('GET', '/runs/:ref', 'show');
    router.add('ALL', '/runs/:ref', 'wrong method');
  }
  const paths = ['/runs/cancel', '/runs/7', '/', `/runs/${'x'.repeat(500)}`];
  const many = Array.from({ length: 1_500 }, (_, i) => `/runs/${i}`);
  for (const path of [...paths, ...many, ...paths]) {
    for (const method of ['GET', 'POST']) {
      expect(remembering.match(method, path)).toEqual(plain.match(method, path));
    }
  }
});

test('a route that is added later is found', () => {
  const router = new RememberingRouter<string>();
  router.add('GET', '/*', 'guard');
  expect(router.match('GET', '/late')[0]).toHaveLength(1);
  router.add('GET', '/late', 'late');
  expect(router.match('GET', '/late')[0]).toHaveLength(2);
});
