import { afterEach, expect, test } from 'vitest';
import { openMysqlNotifier } from '../../src/adapters/mysql/index.ts';
import type { Notifier } from '../../src/ports/notifier.ts';
import { openMysqlFixture } from '../support/mysql-fixture.ts';
import { until } from '../support/until.ts';

let opened: Notifier[] = [];

afterEach(async () => {
  await Promise.all(opened.map((notifier) => notifier.close()));
  opened = [];
});

function open(url: string): Notifier {
  const notifier = openMysqlNotifier({ url });
  opened.push(notifier);
  return notifier;
}

/** Counts the hints that a notifier gets. */
function listen(notifier: Notifier): { count: number; stop: () => void } {
  const heard = { count: 0, stop: () => {} };
  heard.stop = notifier.subscribe(() => (heard.count += 1));
  return heard;
}

/** Port 9 answers nobody: what is heard came without a server. */
const nowhere = 'mysql://root@127.0.0.1:9/onejob';

test('who listens in the process that hints is told before the hint is on its way', () => {
  const heard = listen(open(nowhere));
  const sender = open(nowhere);
  sender.hint();
  expect(heard.count).toBe(1);
  // The rest of a burst comes with its last.
  sender.hint();
  sender.hint();
  expect(heard.count).toBe(1);
});

test('of another store, or after it has stopped listening, it is not', async () => {
  const other = listen(open(`${nowhere}?prefix=other_`));
  const stopped = listen(open(nowhere));
  stopped.stop();
  const closed = open(nowhere);
  const late = listen(closed);
  await closed.close();
  open(nowhere).hint();
  expect([other.count, stopped.count, late.count]).toEqual([0, 0, 0]);
});

test('a hint of another process reaches all who listen, also long after the last one', async () => {
  const fixture = await openMysqlFixture();
  try {
    await fixture.store.migrate();
    const raise = () => fixture.admin.query('call onejob_hint_v1()');
    const [one, two] = [listen(open(fixture.url)), listen(open(fixture.url))];
    await until('what was said before is asked for', () => one.count > 0 && two.count > 0);
    for (let n = 0; n < 3; n++) {
      const before = [one.count, two.count];
      await raise();
      await until('both are told', () => one.count > before[0]! && two.count > before[1]!);
    }
  } finally {
    await fixture.close();
  }
});
