import { expect, test } from 'vitest';
import { createApp, createClient, defineJob } from '../../../src/index.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';

const hello = defineJob({ name: 'hello', run: () => 'hello' });

test('VT-16 an app works on a store that the user opened, and leaves its closing to them', async () => {
  const store = await openSqliteStore({ path: ':memory:' });
  const app = createApp({ jobs: [hello], store, log: { level: 'silent' } });
  const [run] = await app.execute([{ job: 'hello', trigger: 'api' }]);
  expect([run?.state, run?.output]).toEqual(['succeeded', '"hello"']);
  await app.stop();
  expect((await store.list({ limit: 1 })).items[0]?.id).toBe(run?.id);
  await store.close();
});

test('VT-8 a caller whose run could not be stored is told so', async () => {
  const client = createClient({ store: 'postgres://nobody@127.0.0.1:1/nothing', log: { level: 'silent' } });
  await expect(client.enqueue('hello')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await client.close();
});
