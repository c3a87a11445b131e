import { expect, test } from 'vitest';
import { adapters, openBackend } from '../../../src/app/backend/backend.ts';

test('the table of adapters has the schemes that each adapter says it takes, and no other', async () => {
  const said = new Map<string, string>();
  for (const load of new Set(adapters.values())) {
    const adapter = await load();
    for (const scheme of adapter.schemes) said.set(scheme, adapter.schemes[0]!);
  }
  expect([...said.keys()].toSorted()).toEqual([...adapters.keys()].toSorted());
  for (const [scheme, load] of adapters) expect((await load()).schemes, scheme).toContain(scheme);
});

test('a scheme may be written in capitals', async () => {
  const { store, inspector, upkeep, notifier, isOurs } = await openBackend('MEMORY:');
  expect([store.facts.url, inspector, upkeep, notifier, isOurs]).toEqual(['memory:', store, store, null, true]);
  await store.close();
});

test.each([
  ['redis://x:secret@y', 'no store is known for the URL redis://x:***@y'],
  ['jobs.db', 'no store is known for the URL jobs.db'],
  ['sqlite:', 'the store URL sqlite: names no file'],
])('%s is no store', async (url, message) => {
  await expect(openBackend(url)).rejects.toMatchObject({ code: 'CONFIG_INVALID', message });
});
