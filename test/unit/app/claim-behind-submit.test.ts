import { onTestFinished, expect, test } from 'vitest';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import { defineJob } from '../../../src/job/define.ts';
import type { Store } from '../../../src/ports/store.ts';
import { fileStore, openApp } from '../../support/apps.ts';
import { until } from '../../support/until.ts';

const hello = defineJob({ name: 'hello', run: () => 'hello' });

/** A started app that rests, on a SQLite file that notes when calls are sent and answered. */
async function openNoted(isOrdered: boolean) {
  const notes: string[] = [];
  const store = await openSqliteStore({ path: (await fileStore()).slice('sqlite:'.length) });
  onTestFinished(() => store.close());
  const noted = new Proxy(store, {
    get(target, name) {
      if (name === 'facts') return { ...target.facts, isOrdered };
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return async (...given: unknown[]) => {
        notes.push(`${String(name)} sent`);
        try {
          return await (Reflect.apply(member, target, given) as Promise<unknown>);
        } finally {
          notes.push(`${String(name)} answered`);
        }
      };
    },
  }) as Store;
  const { app } = openApp([hello], { store: noted });
  await app.start();
  await until('the worker has looked for work', () => notes.includes('claim answered'));
  notes.length = 0;
  return { app, notes };
}

test('the worker of a process claims right behind what the process submits, where the store keeps the order', async () => {
  const { app, notes } = await openNoted(true);
  let behind = 0;
  for (let i = 0; i < 5; i++) {
    notes.length = 0;
    const handle = await app.client.enqueue(hello);
    const claimed = notes.indexOf('claim sent', notes.indexOf('submit sent'));
    if (claimed >= 0 && claimed < notes.indexOf('submit answered')) behind++;
    expect(await handle.result({ timeout: '50s' })).toBe('hello');
  }
  expect(behind).toBeGreaterThan(0); // a look that was on its way already makes the next one wait
});

test('else it claims once the submit is answered', async () => {
  const { app, notes } = await openNoted(false);
  const handle = await app.client.enqueue(hello);
  expect(await handle.result({ timeout: '50s' })).toBe('hello');
  expect(notes.indexOf('claim sent', notes.indexOf('submit answered'))).toBeGreaterThan(0);
});
