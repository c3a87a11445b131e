import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openMysqlNotifier, openMysqlStore } from '../../src/adapters/mysql/index.ts';
import { openPostgresNotifier } from '../../src/adapters/postgres/index.ts';
import { openFileNotifier } from '../../src/adapters/sqlite/notifier/notifier.ts';
import { maxNotificationLength, type Notifier } from '../../src/ports/notifier.ts';
import { openFolder } from '../support/folder.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';
import { openMysqlDatabase, postgresUrl } from '../support/servers.ts';
import { until } from '../support/until.ts';

const places: Readonly<Record<string, () => Promise<() => Notifier>>> = {
  async sqlite() {
    const directory = await openFolder();
    return () => openFileNotifier(join(directory, 'onejob.db'));
  },
  async postgres() {
    const { schema, close } = await openPostgresFixture();
    onTestFinished(close);
    return () => openPostgresNotifier({ url: postgresUrl(), schema });
  },
  async mysql() {
    const { url, close } = await openMysqlDatabase();
    onTestFinished(close);
    const store = await openMysqlStore({ url });
    await store.migrate();
    await store.close();
    return () => openMysqlNotifier({ url });
  },
};

/** Opens notifiers of one place that are closed with the test. */
async function openPlace(name: string): Promise<() => Notifier> {
  const open = await (places[name] as () => Promise<() => Notifier>)();
  return () => {
    const notifier = open();
    onTestFinished(() => notifier.close());
    return notifier;
  };
}

/** All lines that it has heard; said until the first one comes through, from then on none is lost. */
async function hearing(listener: Notifier, speaker: Notifier): Promise<(string | null)[]> {
  const heard: (string | null)[] = [];
  listener.listen((words) => heard.push(words));
  await until('it hears', () => {
    speaker.publish('hello');
    return heard.includes('hello');
  });
  return heard;
}

describe.each(Object.keys(places))('words on %s', (name) => {
  test(`who listens hears each line whole and in order, the speaker too on ${name}`, async () => {
    const open = await openPlace(name);
    const [speaker, other] = [open(), open()];
    const heard = await hearing(other, speaker);
    const own = await hearing(speaker, speaker);
    const lines = Array.from({ length: 20 }, (_, n) => `${n} ${'x'.repeat(maxNotificationLength - 3)}`);
    for (const line of lines) speaker.publish(line);
    for (const all of [heard, own]) {
      await until('all are heard', () => all.includes(lines.at(-1) ?? ''));
      expect(all.filter((line) => line !== null && line !== 'hello')).toEqual(lines);
    }
  });

  test(`who stopped hears no more, and who was not there is told nothing old on ${name}`, async () => {
    const open = await openPlace(name);
    const [speaker, other] = [open(), open()];
    const before: (string | null)[] = [];
    const stop = other.listen((words) => before.push(words));
    await hearing(open(), speaker);
    stop();
    const count = before.length;
    const heard = await hearing(open(), speaker);
    expect(new Set(heard)).toEqual(new Set(heard.includes(null) ? [null, 'hello'] : ['hello']));
    expect(before).toHaveLength(count);
  });
});

test('of many lines none is lost without a word on sqlite: what was said into a file that is full may have been missed', async () => {
  const open = await openPlace('sqlite');
  const [speaker, other] = [open(), open()];
  const heard = await hearing(other, speaker);
  const said = 200;
  for (let n = 0; n < said; n++) speaker.publish(`${n} ${'x'.repeat(1_000)}`);
  await until('the last is heard, or that some were missed', () => {
    speaker.publish('last');
    return heard.includes('last');
  });
  const lines = heard.filter((line) => line?.includes(' '));
  expect(lines.length === said || heard.includes(null)).toBe(true);
});

test('who finds gone what it heard last is told that it may have missed something on mysql', async () => {
  const database = await openMysqlDatabase();
  onTestFinished(() => database.close());
  const store = await openMysqlStore({ url: database.url });
  await store.migrate();
  await store.close();
  const notifier = openMysqlNotifier({ url: database.url });
  onTestFinished(() => notifier.close());
  const heard = await hearing(notifier, notifier);
  const before = heard.filter((line) => line === null).length;
  const admin = await mysql.createConnection(database.url);
  await admin.query('delete from onejob_notifications');
  await admin.end();
  await until('it says so', () => {
    notifier.publish('again');
    return heard.filter((line) => line === null).length > before;
  });
});
