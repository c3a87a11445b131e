import { expect, test } from 'vitest';
import { defineJob } from '../../../src/job/define.ts';
import { openApp } from '../../support/apps.ts';
import { createDeferred } from '../../../src/std/deferred.ts';

const talk = (gate: Promise<unknown>) =>
  defineJob({
    name: 'talk',
    async run({ log }) {
      for (let i = 1; i <= 5; i++) log.info(`line ${i}`);
      await gate;
      log.info('line 6');
    },
  });

test('a line names the place behind it, and reading on from there leaves out nothing and repeats nothing', async () => {
  const { app } = openApp([talk(Promise.resolve())]);
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
  const { app } = openApp([talk(gate.promise)]);
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
  const { app } = openApp([talk(gate.promise)]);
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

test.each([
  ['without a signal', {}],
  ['with one', { signal: new AbortController().signal }],
])('whoever follows is told when the app stops, %s', async (_, options) => {
  const never = createDeferred<void>();
  const { app } = openApp([talk(never.promise)]);
  const { id } = await app.client.enqueue('talk');
  const following = (async () => {
    await app.client.lines(id, { follow: true, ...options }).next();
  })();
  const told = expect(following).rejects.toMatchObject({ code: 'APP_STOPPING' });
  await app.stop();
  await told;
});

test('a listener hears of every run of this process, and of none once it has left', async () => {
  const { app } = openApp([talk(Promise.resolve())]);
  const heard = new Set<string | null>();
  const leave = app.client.news.listen((run) => heard.add(run));
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
