import { beforeEach, expect, test } from 'vitest';
import { MessageHints } from '../../../src/app/backend/message-hints.ts';
import { PeerChannel } from '../../../src/app/backend/peer-channel.ts';
import type { Notifier } from '../../../src/ports/notifier.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';

let clock: FakeClock;
let lines: string[];
let heard: (readonly string[] | null)[];
let hints: MessageHints;

/** Two processes on one notifier, which hands each line to both. */
beforeEach(() => {
  clock = new FakeClock();
  [lines, heard] = [[], []];
  const subscribers = new Set<(line: string | null) => void>();
  const notifier = {
    publish: (line: string) => {
      lines.push(line);
      for (const subscriber of subscribers) subscriber(line);
    },
    listen: (subscriber: (line: string | null) => void) => {
      subscribers.add(subscriber);
      return () => subscribers.delete(subscriber);
    },
  } as unknown as Notifier;
  hints = new MessageHints({ channel: new PeerChannel(notifier), clock });
  hints.listen(() => heard.push(['an own line']));
  const there = new MessageHints({ channel: new PeerChannel(notifier), clock });
  there.listen((runs) => heard.push(runs));
});

test('runs with messages are told to others at once, then together after a pause', () => {
  hints.tell(['a']);
  for (const run of ['b', 'c', 'b']) hints.tell([run]);
  expect(heard).toEqual([['a']]);
  clock.advance(10);
  expect(heard).toEqual([['a'], ['b', 'c']]);
  clock.advance(10);
  hints.tell(['d']);
  expect(heard.at(-1)).toEqual(['d']);
  expect(lines).toHaveLength(3);
});

test('where nobody knows which runs, or they are many, they are any run', () => {
  hints.tell(null);
  hints.tell(Array.from({ length: 101 }, (_, n) => `run-${n}`));
  clock.advance(10);
  expect(heard).toEqual([null, null]);
});

test('who leaves still says what waited', () => {
  hints.tell(['a']);
  hints.tell(['b']);
  hints.close();
  expect(heard).toEqual([['a'], ['b']]);
  expect(clock.pending).toBe(0);
});
