import { expect, test } from 'vitest';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import { defineJob } from '../../../src/job/define.ts';
import { OnejobError } from '../../../src/job/errors.ts';
import type { Store } from '../../../src/ports/store.ts';
import { openApp } from '../../support/apps.ts';

/** A store that goes away with the second submit. */
async function open() {
  const real = await openSqliteStore({ path: ':memory:' });
  let submits = 0;
  const store = new Proxy(real, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name === 'submit') {
        return (...args: Parameters<Store['submit']>) =>
          ++submits > 1 ? Promise.reject(new OnejobError('STORE_UNAVAILABLE', 'away')) : target.submit(...args);
      }
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  }) as Store;
  const job = defineJob({ name: 'job', run: () => 'done' });
  return { ...openApp([job], { store }), job, submits: () => submits };
}

/** More than a group takes, in bytes and in number. */
const inputs = {
  'of a megabyte': Array.from({ length: 3 }, () => 'x'.repeat(700_000)),
  'of a thousand and more': Array.from({ length: 1_500 }, (_, n) => n),
};

test.each(Object.keys(inputs) as (keyof typeof inputs)[])(
  'runs %s that one call asks for are one commit',
  async (size) => {
    const { app, job, submits } = await open();
    const wished = inputs[size];
    expect(await app.client.enqueueMany(job as never, wished.map((input) => ({ input })) as never)).toHaveLength(
      wished.length,
    );
    expect(submits()).toBe(1);
    // whoever asks for more now is refused, and nothing of it is there
    const more = app.execute(wished.map((input) => ({ job: 'job', trigger: 'api' as const, input })));
    await expect(more).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    const again = app.enqueue(wished.map((input) => ({ job: 'job', trigger: 'api' as const, input })));
    await expect(again).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect((await app.client.list({ limit: 10_000 })).items).toHaveLength(wished.length);
  },
);
