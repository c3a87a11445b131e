import { expect, test } from 'vitest';
import { CallerQuery } from '../../../src/app/callers/caller-query.ts';
import { PeerChannel } from '../../../src/app/backend/peer-channel.ts';
import { RunChangeNotifier } from '../../../src/app/backend/run-change-notifier.ts';
import { maxNotificationLength } from '../../../src/ports/notifier.ts';
import { openAir } from '../../support/air.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';

function openChangeNotifier({ listens = true } = {}) {
  const { air, notifier } = openAir();
  const clock = new FakeClock();
  const open = (listening: boolean) => {
    const heard: (readonly string[] | null)[] = [];
    const channel = new PeerChannel(notifier());
    const onChange = (runs: readonly string[] | null) => void heard.push(runs);
    return { heard, changeNotifier: new RunChangeNotifier({ channel, clock, listens: listening, onChange }) };
  };
  return { air, clock, worker: open(listens), reader: open(true) };
}

test('changes are gathered for a tenth of a second and told once each', () => {
  const { clock, worker, reader } = openChangeNotifier();
  worker.changeNotifier.tell(['a', 'b']);
  worker.changeNotifier.tell(['a', 'c']);
  expect(reader.heard).toEqual([]);
  clock.advance(100);
  expect(reader.heard).toEqual([['a', 'b', 'c']]);
  expect(worker.heard).toEqual([]);
});

test('nothing is told while nobody has wanted to know for half a minute, and then first that any run may have changed', () => {
  const { air, clock, worker, reader } = openChangeNotifier();
  clock.advance(30_000);
  worker.changeNotifier.tell(['a']);
  clock.advance(1_000);
  expect(air.said).toEqual([]);
  const stop = reader.changeNotifier.want();
  worker.changeNotifier.tell(['b']);
  clock.advance(100);
  expect(reader.heard).toEqual([null]);
  worker.changeNotifier.tell(['c']);
  clock.advance(100);
  expect(reader.heard).toEqual([null, ['c']]);
  stop();
  clock.advance(30_001);
  worker.changeNotifier.tell(['d']);
  clock.advance(1_000);
  expect(reader.heard).toEqual([null, ['c']]);
});

test('up to fifty runs are told by name in one line, more as any run', () => {
  const { air, clock, worker, reader } = openChangeNotifier();
  const runs = Array.from({ length: 50 }, (_, n) => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`);
  worker.changeNotifier.tell(runs);
  clock.advance(100);
  expect(reader.heard.flat()).toEqual(runs);
  expect(air.said).toHaveLength(1);
  expect(air.said[0]?.length).toBeLessThanOrEqual(maxNotificationLength);
  worker.changeNotifier.tell([...runs, 'one more']);
  clock.advance(100);
  expect(reader.heard.at(-1)).toBe(null);
});

test('a reader is told every ten seconds that any run may have changed, for what was lost', () => {
  const { air, clock, reader } = openChangeNotifier();
  reader.changeNotifier.want();
  air.isBroken = true;
  clock.advance(25_000);
  expect(reader.heard).toEqual([null, null]);
});

test('a process that does not listen tells with its hints, and again after a pause', () => {
  const { clock, worker, reader } = openChangeNotifier({ listens: false });
  worker.changeNotifier.tell(['a']);
  clock.advance(60_000);
  expect(reader.heard).toEqual([]);
  worker.changeNotifier.hinted();
  expect(reader.heard).toEqual([['a']]);
  worker.changeNotifier.tell(['b']);
  worker.changeNotifier.hinted();
  expect(reader.heard).toEqual([['a']]);
  clock.advance(100);
  expect(reader.heard).toEqual([['a'], ['b']]);
});

test('what is not told yet is told at the end', () => {
  const { worker, reader } = openChangeNotifier();
  worker.changeNotifier.tell(['a']);
  worker.changeNotifier.close();
  expect(reader.heard).toEqual([['a']]);
});

test('EGO-18 who waits answers, who does not is silent, and who cannot be heard knows it', async () => {
  const { air, notifier } = openAir();
  const clock = new FakeClock();
  const open = (awaited: string) =>
    new CallerQuery({ channel: new PeerChannel(notifier()), clock, isAwaitedHere: (run) => run === awaited });
  const [one] = [open('a'), open('b')];
  const request = async (run: string) => {
    const asked = one.isAwaited(run);
    for (let n = 0; n < 4; n++) {
      await new Promise(setImmediate);
      clock.advance(500);
    }
    return asked;
  };
  expect(await request('b')).toBe(true);
  expect(await request('a')).toBe(false); // its own callers are its own business
  air.isBroken = true;
  expect(await request('b')).toBe(null);
});
