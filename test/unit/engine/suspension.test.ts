import { beforeEach, describe, expect, test } from 'vitest';
import { WaitTracker } from '../../../src/engine/steps/wait-tracker.ts';
import type { Journal } from '../../../src/engine/journal/journal.ts';
import { Mailbox } from '../../../src/engine/steps/mailbox.ts';
import { RunTimer } from '../../../src/engine/attempt/run-timer.ts';
import { Suspension, type SuspendedExecution } from '../../../src/engine/steps/suspension.ts';
import type { Verdict } from '../../../src/job/transition.ts';
import type { Claim } from '../../../src/ports/store-claim.ts';
import type { SuspendEntry } from '../../../src/ports/store-entry.ts';
import { createDeferred, type Deferred } from '../../../src/std/deferred.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';
import { turns } from '../../support/until.ts';

let clock: FakeClock;
let events: string[];
let entries: SuspendEntry[];
let verdict: Deferred<Verdict>;
let flushed: Deferred<void>;
let slot: Deferred<void>;
let waitTracker: WaitTracker;
let suspension: Suspension;
let mailbox: Mailbox;

beforeEach(() => setUp());

function setUp({ deadlineInMs = null as number | null, timeoutMs = null as number | null } = {}): void {
  clock = new FakeClock();
  const told: string[] = [];
  [events, entries] = [told, []];
  [verdict, flushed, slot] = [createDeferred(), createDeferred(), createDeferred()];
  slot.resolve();
  flushed.resolve();
  const claim = {
    run: 'r',
    epoch: 3,
    timeoutMs,
    deadlineAt: deadlineInMs === null ? null : clock.now() + deadlineInMs,
  } as Claim;
  const note = (text: string) => () => void told.push(text);
  const timer = new RunTimer({
    claim,
    storeClockOffsetMs: clock.now(),
    graceMs: 1,
    clock,
    abort: note('abort'),
    leave: note('leave'),
  });
  timer.start();
  mailbox = new Mailbox(7, []);
  waitTracker = new WaitTracker(() => suspension.consider());
  const journal: Pick<Journal, 'record'> = {
    record: (entry) => {
      entries.push(entry as SuspendEntry);
      return verdict.promise;
    },
  };
  const execution: SuspendedExecution = {
    claim,
    host: {
      clock,
      journal: journal as Journal,
      limits: { parkAfterMs: 5_000, valueBytes: 1, outputBytes: 1 },
      observer: { onWaiting: (_, what) => told.push(`waits for ${what.join()}`) },
    },
    slot: {
      isReachable: true,
      mayStart: () => Promise.resolve(),
      release: note('slot given up'),
      take: async () => {
        await slot.promise;
        told.push('slot taken');
      },
    },
    mailbox,
    timer,
    output: { flush: () => flushed.promise },
    ending: {
      get isOver() {
        return told.includes('over');
      },
      leave: (end) => told.push(end),
      markLost: note('lost'),
      breakOff: (fault) => told.push(String(fault)),
    },
  };
  suspension = new Suspension(execution, waitTracker);
}

const open = (until: number | null = null) => waitTracker.open({ what: 'event go', until, owesTry: false });

describe('an attempt that only waits', () => {
  test('gives its slot up in the next turn, and parks after the time for it', async () => {
    open();
    expect(events).toEqual([]);
    await turns();
    expect(events).toEqual(['slot given up', 'waits for event go']);
    expect(suspension.isIdle).toBe(true);
    clock.advance(4_999);
    expect(entries).toEqual([]);
    clock.advance(1);
    await turns();
    expect(entries).toEqual([
      { kind: 'suspend', run: 'r', epoch: 3, mailboxSeq: 7, wakeInMs: null, waitingFor: ['event go'] },
    ]);
    verdict.resolve('ok');
    await turns();
    expect(events.at(-1)).toBe('parked');
  });

  test('that executes something in the same turn keeps its slot', async () => {
    const close = open();
    close();
    waitTracker.begin();
    await turns();
    expect(events).toEqual([]);
    waitTracker.end();
    expect(suspension.isIdle).toBe(false);
  });

  test('wakes for its first wait, or for its deadline', async () => {
    open(60_000);
    open(90_000);
    await turns();
    clock.advance(5_000);
    await turns();
    expect(entries).toMatchObject([{ wakeInMs: 55_000 }]);
    setUp({ deadlineInMs: 30_000 });
    open(60_000);
    await turns();
    clock.advance(5_000);
    await turns();
    expect(entries).toMatchObject([{ wakeInMs: 25_000 }]);
  });

  test('does not park for less than a second', async () => {
    open(5_900);
    await turns();
    clock.advance(5_000);
    await turns();
    expect(entries).toEqual([]);
    expect(clock.pending).toBe(1);
  });

  test('its time-out stands', async () => {
    setUp({ timeoutMs: 1_000 });
    const close = open(3_000);
    await turns();
    clock.advance(3_000);
    expect(events).not.toContain('abort');
    await suspension.resumed();
    close();
    clock.advance(1_000);
    expect(events).toContain('abort');
  });

  test('has its output committed before it parks', async () => {
    flushed = createDeferred();
    open();
    await turns();
    clock.advance(5_000);
    await turns();
    expect(entries).toEqual([]);
    flushed.resolve();
    await turns();
    expect(entries).toHaveLength(1);
  });
});

describe('a word that comes while the output is flushed', () => {
  beforeEach(async () => {
    flushed = createDeferred();
    open();
    await turns();
    clock.advance(5_000);
    await turns();
  });

  test('ends the parking when somebody waited for it', async () => {
    const resumed = suspension.resumed();
    flushed.resolve();
    await resumed;
    expect(entries).toEqual([]);
    expect(events.at(-1)).toBe('slot taken');
  });

  test('does not count as seen', async () => {
    mailbox.deliver(8, []);
    flushed.resolve();
    await turns();
    expect(entries).toMatchObject([{ mailboxSeq: 7 }]);
  });
});

test('an attempt that is over leaves no timer', async () => {
  open();
  await turns();
  expect(clock.pending).toBe(1);
  suspension.close();
  expect(clock.pending).toBe(0);
});

test('nor does one that is over while it parks', async () => {
  open();
  await turns();
  clock.advance(5_000);
  events.push('over');
  suspension.close();
  verdict.resolve('refused');
  await turns();
  expect(clock.pending).toBe(0);
});

describe('an attempt whose handler has settled', () => {
  for (const tries of ['all tries', 'this try'] as const) {
    test(`and waits for ${tries} parks nothing for a wait that it left open`, async () => {
      open();
      await turns();
      suspension.seal(tries);
      clock.advance(5_000);
      suspension.stop();
      await turns();
      expect(entries).toEqual([]);
    });
  }

  for (const [tries, parks] of [
    ['all tries', 1],
    ['this try', 0],
  ] as const) {
    test(`and waits for ${tries} parks ${parks} times for the next try of a step`, async () => {
      waitTracker.open({ what: 'next try', until: null, owesTry: true });
      suspension.seal(tries);
      suspension.stop();
      await turns();
      expect(entries).toHaveLength(parks);
    });
  }

  for (const [answer, end] of [
    ['ok', 'parked'],
    ['cancelled', 'cancelled'],
    ['refused', undefined],
    ['stale', undefined],
  ] as const) {
    test(`behind an entry that is on its way ends as that was answered: ${answer}`, async () => {
      open();
      await turns();
      clock.advance(5_000);
      await turns();
      let left: string | undefined = 'not yet';
      events.push('over');
      void suspension.left().then((end) => (left = end));
      await turns();
      expect(left).toBe('not yet');
      verdict.resolve(answer);
      await turns();
      expect(left).toBe(end);
    });
  }
});

describe('going on', () => {
  test('takes a slot first, once for all who ask', async () => {
    slot = createDeferred();
    const close = open();
    await turns();
    const both = Promise.all([suspension.resumed(), suspension.resumed()]);
    await turns();
    expect(events).not.toContain('slot taken');
    slot.resolve();
    await both;
    close();
    expect(events.filter((event) => event === 'slot taken')).toHaveLength(1);
    expect(suspension.isIdle).toBe(false);
    expect(clock.pending, 'no parking any more').toBe(0);
  });

  test('waits for a suspension that is on its way: refused, it goes on', async () => {
    open();
    await turns();
    clock.advance(5_000);
    await turns();
    let resumed = false;
    const resuming = suspension.resumed().then(() => (resumed = true));
    await turns();
    expect(resumed).toBe(false);
    verdict.resolve('refused');
    await resuming;
    expect(events).toEqual(['slot given up', 'waits for event go', 'slot taken']);
  });

  for (const [answer, event] of [
    ['ok', 'parked'],
    ['cancelled', 'cancelled'],
  ] as const) {
    test(`never happens once it has ${event}, and no slot is taken for it`, async () => {
      open();
      await turns();
      clock.advance(5_000);
      await turns();
      let resumed = false;
      void suspension.resumed().then(() => (resumed = true));
      verdict.resolve(answer);
      await turns();
      expect(resumed).toBe(false);
      expect(events).toEqual(['slot given up', 'waits for event go', event]);
    });
  }

  test('of what never gave up its slot is at once', async () => {
    await suspension.resumed();
    expect(events).toEqual([]);
  });

  test('and waiting again parks again', async () => {
    const close = open();
    await turns();
    await suspension.resumed();
    close();
    open();
    await turns();
    clock.advance(5_000);
    await turns();
    expect(entries).toHaveLength(1);
  });
});

describe('the answer to a suspension', () => {
  test('refused: it tries again later', async () => {
    open();
    await turns();
    clock.advance(5_000);
    await turns();
    verdict.resolve('refused');
    await turns();
    verdict = createDeferred();
    clock.advance(5_000);
    await turns();
    expect(entries).toHaveLength(2);
  });

  test('refused three times in a row: the attempt ends as by any error of our own', async () => {
    verdict.resolve('refused');
    open();
    await turns();
    for (let parking = 0; parking < 10; parking++) {
      clock.advance(5_000);
      await turns();
    }
    expect(entries).toHaveLength(3);
    expect(events.slice(2)).toEqual(['Error: the database refused to park the run 3 times']);
    expect(clock.pending).toBe(0);
  });

  test('refused, but not in a row: it tries again', async () => {
    verdict.resolve('refused');
    for (let wait = 0; wait < 5; wait++) {
      const close = open();
      await turns();
      for (let parking = 0; parking < 2; parking++) {
        clock.advance(5_000);
        await turns();
      }
      await suspension.resumed();
      close();
      await turns();
    }
    expect(entries).toHaveLength(10);
    expect(events.filter((event) => event.startsWith('Error'))).toEqual([]);
  });

  test('stale: the run is lost', async () => {
    open();
    await turns();
    clock.advance(5_000);
    await turns();
    verdict.resolve('stale');
    await turns();
    expect(events.at(-1)).toBe('lost');
  });

  test('what has ended meanwhile hears nothing of it', async () => {
    open();
    await turns();
    clock.advance(5_000);
    await turns();
    events.push('over');
    verdict.resolve('stale');
    await turns();
    expect(events.at(-1)).toBe('over');
  });
});

test('what throws on the way to be parked is told, and who waits for that goes on', async () => {
  open();
  await turns();
  flushed = createDeferred();
  clock.advance(5_000);
  const resuming = suspension.resumed();
  flushed.reject(new Error('no luck'));
  await resuming;
  expect(events.slice(2)).toEqual(['Error: no luck', 'slot taken']);
  expect(entries).toEqual([]);
});

describe('a stop', () => {
  test('parks at once what only waits, also when it would end soon', async () => {
    open(10);
    suspension.stop();
    await turns();
    expect(entries).toMatchObject([{ wakeInMs: 10 }]);
  });

  test('hands back what has a question without an answer', async () => {
    suspension.stop();
    waitTracker.freeze();
    await turns();
    expect(events).toEqual(['handedBack']);
  });

  test('waits for what is in execution', async () => {
    waitTracker.begin();
    waitTracker.freeze();
    suspension.stop();
    await turns();
    expect(events).toEqual([]);
    waitTracker.end();
    await turns();
    expect(events).toEqual(['handedBack']);
  });

  test('that cannot park hands back', async () => {
    open();
    suspension.stop();
    await turns();
    verdict.resolve('refused');
    await turns();
    expect(events).toEqual(['handedBack']);
  });
});
