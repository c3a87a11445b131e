import { expect, test } from 'vitest';
import type { Store } from '../../../src/ports/store.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { openApp } from '../../support/apps.ts';
import { job } from '../../support/job.ts';
import { until } from '../../support/until.ts';

type Record = Parameters<Store['record']>[0];

/** A store that carries out calls when the test lets it, and answers when the test lets it. */
function gated(inner: Store, gates: { append: () => Promise<void>; parked: () => Promise<void> }): Store {
  return new Proxy(inner, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]): Promise<unknown> => {
        if (name === 'append') await gates.append();
        const answer: unknown = await Reflect.apply(member, target, args);
        const parks = name === 'record' && (args[0] as Record).entries.some(({ kind }) => kind === 'suspend');
        if (parks) await gates.parked();
        return answer;
      };
    },
  });
}

test('what is said while the output before a parking is flushed is kept; what is said once it is parked is not, and leaves no hole', async () => {
  const { app: inner } = openApp([]);
  const flushing = createDeferred<void>();
  const flushed = createDeferred<void>();
  const parked = createDeferred<void>();
  const answered = createDeferred<void>();
  const says: ((text: string) => void)[] = [];
  const store = gated(await inner.openStore(), {
    append: async () => {
      flushing.resolve();
      await flushed.promise;
    },
    parked: async () => {
      parked.resolve();
      await answered.promise;
    },
  });
  const opened = openApp(
    [
      job(async ({ step, log }) => {
        says.push((text) => log.info(text));
        log.info(`life ${says.length}`);
        await step.wait('go');
        log.info('it goes on');
      }),
    ],
    { store, limits: { parkAfter: 1 } },
  );
  const running = opened.run('work', { key: 'a' });
  await flushing.promise;
  says[0]?.('while it is flushed');
  flushed.resolve();
  await parked.promise;
  says[0]?.('while the answer is on its way');
  answered.resolve();
  await until('it waits', async () => (await opened.app.client.get('a'))?.state === 'waiting');
  says[0]?.('when it is parked');
  await opened.app.client.send('a', 'go');
  expect(await running).toMatchObject({ state: 'succeeded' });
  expect((await opened.lines('a')).map(({ text }) => text)).toEqual([
    'life 1',
    'while it is flushed',
    'life 2',
    'it goes on',
  ]);
});
