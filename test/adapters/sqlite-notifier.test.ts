import { statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFileNotifier } from '../../src/adapters/sqlite/notifier/notifier.ts';
import type { Notifier } from '../../src/ports/notifier.ts';
import { openFolder } from '../support/folder.ts';
import { until } from '../support/until.ts';

let directory = '';
let opened: Notifier[] = [];

beforeEach(async () => {
  directory = await openFolder();
});

afterEach(async () => {
  await Promise.all(opened.map((notifier) => notifier.close()));
  opened = [];
});

function open(): Notifier {
  const notifier = openFileNotifier(join(directory, 'deep', 'onejob.db'));
  opened.push(notifier);
  return notifier;
}

/** Counts the hints that a notifier gets. */
function listen(notifier: Notifier): { count: number; stop: () => void } {
  const heard = { count: 0, stop: () => {} };
  heard.stop = notifier.subscribe(() => (heard.count += 1));
  return heard;
}

test('a hint reaches the others, in a directory that was not there', async () => {
  const heard = listen(open());
  open().hint();
  await until('a hint is heard', () => heard.count > 0);
});

test('of many hints at once the first and the last are told', async () => {
  const heard = listen(open());
  const other = open();
  for (let i = 0; i < 1000; i++) other.hint();
  const file = join(directory, 'deep', 'onejob.db-hint');
  const { mtimeMs } = statSync(file);
  await until('the last one is told', () => statSync(file).mtimeMs > mtimeMs);
  await until('hints are heard', () => heard.count > 0); // the system may make one event of both
  expect(heard.count).toBeLessThan(20);
});

test('hints go on after the file was deleted', async () => {
  const heard = listen(open());
  const other = open();
  other.hint();
  await until('a hint is heard', () => heard.count > 0);
  await rm(join(directory, 'deep', 'onejob.db-hint'));
  const before = heard.count;
  await until('hints are heard again', () => {
    other.hint();
    return heard.count > before + 1;
  });
});

test('who stopped listening hears no more, and a hint where nothing can be written breaks nothing', async () => {
  const silent = listen(open());
  const heard = listen(open());
  silent.stop();
  const stopped = silent.count;
  open().hint();
  await until('a hint is heard', () => heard.count > 0);
  expect(silent.count).toBe(stopped);
  const nowhere = openFileNotifier('/proc/none/onejob.db');
  nowhere.subscribe(() => {});
  nowhere.hint();
  await nowhere.close();
});
