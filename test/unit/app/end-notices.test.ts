import { expect, test } from 'vitest';
import { EndNotices } from '../../../src/app/backend/end-notices.ts';
import { PeerChannel } from '../../../src/app/backend/peer-channel.ts';
import { maxNotificationLength } from '../../../src/ports/notifier.ts';
import { openAir } from '../../support/air.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';

function openNotices({ listens = true } = {}) {
  const { air, notifier } = openAir();
  const clock = new FakeClock();
  const open = (listening: boolean) => {
    const heard: (readonly string[] | null)[] = [];
    const channel = new PeerChannel(notifier());
    const onEnded = (runs: readonly string[] | null) => void heard.push(runs);
    return { heard, notices: new EndNotices({ channel, clock, listens: listening, onEnded }) };
  };
  return { air, clock, worker: open(listens), waiter: open(false) };
}

test('an end that somebody waits for is told at once, those of the next 10 ms together', () => {
  const { clock, worker, waiter } = openNotices();
  waiter.notices.await(['a', 'b', 'c']);
  worker.notices.ended(['a']);
  expect(waiter.heard).toEqual([['a']]);
  worker.notices.ended(['b']);
  worker.notices.ended(['c', 'd']);
  expect(waiter.heard).toEqual([['a']]);
  clock.advance(10);
  expect(waiter.heard).toEqual([['a'], ['b', 'c']]);
});

test('an end that nobody waits for is told to nobody', () => {
  const { air, clock, worker, waiter } = openNotices();
  waiter.notices.await(['a']);
  worker.notices.ended(['b']);
  clock.advance(30_000);
  worker.notices.ended(['a']); // he has not said so again
  clock.advance(10);
  expect(air.said.filter((words) => words.includes('ended'))).toEqual([]);
});

test('an end of the last two seconds is told to who asks too late', () => {
  const { clock, worker, waiter } = openNotices();
  worker.notices.ended(['old']);
  clock.advance(2_000);
  worker.notices.ended(['new']);
  waiter.notices.await(['old', 'new']);
  expect(waiter.heard).toEqual([['new']]);
});

test('many runs are asked for and told in lines that are not too long, too many as any run', () => {
  const { air, clock, worker, waiter } = openNotices();
  const runs = Array.from({ length: 500 }, (_, n) => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`);
  waiter.notices.await(runs);
  worker.notices.ended(runs);
  expect(waiter.heard.flat()).toEqual(runs);
  expect(Math.max(...air.said.map(({ length }) => length))).toBeLessThanOrEqual(maxNotificationLength);
  clock.advance(10);
  waiter.notices.await([...runs, 'one more']);
  worker.notices.ended([...runs, 'another']);
  clock.advance(10);
  expect(waiter.heard.at(-1)).toBe(null);
});

test('what may have been missed is any run', () => {
  const { air, waiter } = openNotices();
  waiter.notices.await(['a']);
  air.miss();
  expect(waiter.heard).toEqual([null]);
});

test('a process that does not listen tells of each end with its hints', () => {
  const { worker, waiter } = openNotices({ listens: false });
  waiter.notices.await(['a']);
  worker.notices.ended(['a']);
  expect(waiter.heard).toEqual([]);
  worker.notices.hinted();
  expect(waiter.heard).toEqual([['a']]);
});

test('what waits for its pause is told when the process leaves', () => {
  const { worker, waiter } = openNotices();
  waiter.notices.await(['a', 'b']);
  worker.notices.ended(['a']);
  worker.notices.ended(['b']);
  worker.notices.close();
  expect(waiter.heard).toEqual([['a'], ['b']]);
});
