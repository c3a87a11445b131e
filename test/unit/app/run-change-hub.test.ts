import { expect, test } from 'vitest';
import { defineJob } from '../../../src/job/define.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import { openApp } from '../../support/apps.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { until } from '../../support/until.ts';

const channel = (gate: Promise<unknown>) =>
  defineJob({
    name: 'talk',
    async run({ log }) {
      for (let i = 1; i <= 5; i++) log.info(`line ${i}`);
      await gate;
      log.info('line 6');
    },
  });

test('a line names the place behind it, and reading on from there leaves out nothing and repeats nothing', async () => {
  const { app } = openApp([channel(Promise.resolve())]);
  await app.start();
  const { id } = await app.client.enqueue('talk');
  await app.client.wait(id, { timeout: '50s' });
  const read = async (after: string) => {
    const texts: string[] = [];
    for await (const { line } of app.client.lines(id, { after })) texts.push(line.text);
    return texts;
  };
  const all = [];
  for await (const { offset, line } of app.client.lines(id)) all.push({ offset, text: line.text });
  expect(all.map(({ text }) => text)).toEqual([1, 2, 3, 4, 5, 6].map((n) => `line ${n}`));
  for (const [index, { offset }] of all.entries()) {
    expect(await read(offset)).toEqual(all.slice(index + 1).map(({ text }) => text));
  }
  await expect(read('x')).rejects.toMatchObject({ code: 'USAGE' });
});

test('a reader who follows gets what is written while it waits, and the end', async () => {
  const gate = createDeferred<void>();
  const { app } = openApp([channel(gate.promise)]);
  await app.start();
  const { id } = await app.client.enqueue('talk');
  const texts: string[] = [];
  for await (const { line } of app.client.lines(id, { follow: true })) {
    texts.push(line.text);
    if (texts.length === 5) gate.resolve();
  }
  expect(texts).toHaveLength(6);
});

test('two readers of one run, one of them late, both see all of it', async () => {
  const gate = createDeferred<void>();
  const { app } = openApp([channel(gate.promise)]);
  await app.start();
  const { id } = await app.client.enqueue('talk');
  const seen = { early: 0, late: 0 };
  const read = async (which: 'early' | 'late') => {
    for await (const { line } of app.client.lines(id, { follow: true })) {
      if (line) seen[which]++;
      if (which === 'early' && seen.early === 5) void read('late').then(() => late.resolve());
      if (seen.late === 5) gate.resolve();
    }
  };
  const late = createDeferred<void>();
  await Promise.all([read('early'), late.promise]);
  expect(seen).toEqual({ early: 6, late: 6 });
});

test('what is written is read once for all who follow, and nobody reads the run for it', async () => {
  const store = await openSqliteStore({ path: ':memory:' });
  const reads: ('look' | 'read')[] = []; // for all, or by one who follows
  let tails = 0;
  const counting = new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]) => {
        if (name === 'get') reads.push(given[1] === undefined ? 'look' : 'read');
        if (name === 'tail') tails++;
        return Reflect.apply(member, target, given) as unknown;
      };
    },
  });
  const [gate, end] = [createDeferred<void>(), createDeferred<void>()];
  const job = defineJob({
    name: 'talk',
    async run({ log }) {
      log.info('line 1');
      await gate.promise;
      log.info('line 2');
      await end.promise;
    },
  });
  const { app } = openApp([job], { store: counting });
  await app.start();
  const { id } = await app.client.enqueue('talk');
  const [first, second] = [createDeferred<void>(), createDeferred<void>()];
  const count = { first: 0, second: 0 };
  const follow = async (): Promise<string[]> => {
    const texts: string[] = [];
    for await (const { line } of app.client.lines(id, { follow: true })) {
      texts.push(line.text);
      if (line.text === 'line 1' && ++count.first === 10) first.resolve();
      if (line.text === 'line 2' && ++count.second === 10) second.resolve();
    }
    return texts;
  };
  const following = Promise.all(Array.from({ length: 10 }, follow));
  await first.promise;
  await until('each of them waits', () => reads.length > 4 && reads.slice(-4).every((by) => by === 'look'));
  reads.length = 0;
  tails = 0;
  gate.resolve();
  await second.promise;
  expect(reads).not.toContain('read');
  expect(tails).toBeLessThanOrEqual(reads.length);
  end.resolve();
  expect(await following).toEqual(Array.from({ length: 10 }, () => ['line 1', 'line 2']));
  await app.stop();
  await store.close();
});

test.each([
  ['without a signal', {}],
  ['with one', { signal: new AbortController().signal }],
])('whoever follows is told when the app stops, %s', async (_, options) => {
  const never = createDeferred<void>();
  const { app } = openApp([channel(never.promise)]);
  const { id } = await app.client.enqueue('talk');
  const following = (async () => {
    await app.client.lines(id, { follow: true, ...options }).next();
  })();
  const told = expect(following).rejects.toMatchObject({ code: 'APP_STOPPING' });
  await app.stop();
  await told;
});

test('a listener hears of every run of this process, and of none once it has left', async () => {
  const { app } = openApp([channel(Promise.resolve())]);
  const heard = new Set<string | null>();
  const leave = app.client.changeHub.listen((run) => heard.add(run));
  await app.start();
  const { id } = await app.client.enqueue('talk');
  await app.client.wait(id, { timeout: '50s' });
  expect(heard).toContain(id);
  leave();
  heard.clear();
  const second = await app.client.enqueue('talk');
  await app.client.wait(second.id, { timeout: '50s' });
  expect(heard).toEqual(new Set());
});
