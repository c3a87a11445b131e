import { describe, expect, test } from 'vitest';
import { Batcher, type BatcherOptions } from '../../../src/intake/batcher.ts';
import { OnejobError } from '../../../src/job/errors.ts';
import { keyBusy } from '../../../src/job/key-busy.ts';
import type { Meter } from '../../../src/ports/meter.ts';
import { createDeferred, type Deferred } from '../../../src/std/deferred.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';
import { turns, until } from '../../support/until.ts';

type Options = BatcherOptions<string, string>;

/** A lane whose groups are answered by `answer`, which may hold or refuse them. */
function setUp(
  answer: (group: readonly string[]) => readonly string[] | Promise<readonly string[]>,
  options: Partial<Options> = {},
) {
  const groups: string[][] = [];
  const clock = new FakeClock();
  const log = new RecordingLog();
  const batcher = new Batcher<string, string>({
    name: 'records',
    weigh: (entry) => entry.length,
    patience: 'for ever',
    clock,
    log,
    ...options,
    send: async (group) => {
      groups.push([...group]);
      return answer(group);
    },
  });
  return { batcher, groups, clock, log };
}

const echo = (group: readonly string[]) => group.map((entry) => `${entry}!`);
const away = () => new OnejobError('STORE_UNAVAILABLE', 'away');

describe('grouping', () => {
  test('what is pushed in one turn goes as one group, answered each by its own', async () => {
    const { batcher, groups } = setUp(echo);
    expect(await Promise.all(['a', 'b', 'c'].map((entry) => batcher.push(entry)))).toEqual(['a!', 'b!', 'c!']);
    expect(groups).toEqual([['a', 'b', 'c']]);
  });

  test('while a group is on its way the next one fills; one is in flight at a time', async () => {
    const held: Deferred<void>[] = [];
    const { batcher, groups } = setUp(async (group) => {
      const hold = createDeferred<void>();
      held.push(hold);
      await hold.promise;
      return echo(group);
    });
    const first = batcher.push('a');
    await until('the first is on its way', () => held.length === 1);
    const others = ['b', 'c'].map((entry) => batcher.push(entry));
    await turns();
    expect(groups).toEqual([['a']]);
    held[0]?.resolve();
    expect(await first).toBe('a!');
    await until('the second is on its way', () => held.length === 2);
    held[1]?.resolve();
    expect(await Promise.all(others)).toEqual(['b!', 'c!']);
    expect(groups).toEqual([['a'], ['b', 'c']]);
  });

  test('a group closes at 1,000 entries, and at 1 MB', async () => {
    const { batcher, groups } = setUp(echo);
    await Promise.all(Array.from({ length: 2_500 }, (_, i) => batcher.push(String(i))));
    expect(groups.map(({ length }) => length)).toEqual([1_000, 1_000, 500]);
    expect(groups.flat()).toEqual(Array.from({ length: 2_500 }, (_, i) => String(i)));
    groups.length = 0;
    const large = 'x'.repeat(400_000);
    await Promise.all([large, large, large, 'y'.repeat(2_000_000), 'z'].map((entry) => batcher.push(entry)));
    expect(groups.map((group) => group.length)).toEqual([2, 1, 1, 1]);
  });
});

describe('a store that is away', () => {
  test('for ever: the group is kept and sent again, in its order, until it is answered', async () => {
    let failures = 3;
    const { batcher, groups, clock, log } = setUp((group) => {
      if (failures-- > 0) throw away();
      return echo(group);
    });
    const answers = Promise.all([batcher.push('a'), batcher.push('b')]);
    await until('the first failure', () => clock.pending === 1);
    expect(batcher.awaySince).toBe(0);
    for (let tries = 0; tries < 3; tries++) {
      await until('a pause', () => clock.pending === 1);
      clock.advance(10_000);
    }
    expect(await answers).toEqual(['a!', 'b!']);
    expect(groups).toEqual(Array.from({ length: 4 }, () => ['a', 'b']));
    expect(batcher.awaySince).toBe(null);
    expect(log.texts('warn')).toEqual([
      'the store does not answer; what runs recorded is kept and sent again',
      'the store answers again',
    ]);
  });

  test('once: the callers are told, and the next group is sent', async () => {
    let isAway = true;
    const { batcher } = setUp(
      (group) => {
        if (isAway) throw away();
        return echo(group);
      },
      { patience: 'once' },
    );
    const refused = await Promise.allSettled([batcher.push('a'), batcher.push('b')]);
    expect(refused.map((one) => one.status === 'rejected' && (one.reason as OnejobError).code)).toEqual([
      'STORE_UNAVAILABLE',
      'STORE_UNAVAILABLE',
    ]);
    isAway = false;
    expect(await batcher.push('c')).toBe('c!');
  });

  test('abandoned: nothing more is sent, callers stay without an answer, and whoever waits for silence goes on', async () => {
    const { batcher, groups, clock } = setUp(() => Promise.reject(away()));
    let answered = false;
    void batcher.push('a').then(() => (answered = true));
    await until('the first failure', () => clock.pending === 1);
    batcher.abandon();
    const silence = batcher.settled();
    void batcher.push('b');
    clock.advance(10_000);
    await silence;
    await batcher.settled();
    expect(groups).toHaveLength(1);
    expect(answered).toBe(false);
  });
});

describe('a value that the database refuses', () => {
  const refuse = (guilty: ReadonlySet<string>) => (group: readonly string[]) => {
    if (group.some((entry) => guilty.has(entry))) throw new OnejobError('VALUE_REJECTED', 'no such value');
    return echo(group);
  };

  test('is found by halving; the others are answered, in order', async () => {
    const { batcher, groups } = setUp(refuse(new Set(['c', 'g'])), { refused: 'refused' });
    const entries = 'abcdefgh'.split('');
    const answers = await Promise.all(entries.map((entry) => batcher.push(entry)));
    expect(answers).toEqual(['a!', 'b!', 'refused', 'd!', 'e!', 'f!', 'refused', 'h!']);
    const sentAlone = groups.filter(({ length }) => length === 1).flat();
    expect(sentAlone).toEqual(['c', 'd', 'g', 'h']);
  });

  test('leaves the order as it was asked for: the next group waits for the last half', async () => {
    const committed: string[] = [];
    const { batcher } = setUp(async (group) => {
      await turns();
      const answers = refuse(new Set(['13']))(group);
      committed.push(...group);
      return answers;
    });
    const asked = Array.from({ length: 1_500 }, (_, n) => String(n));
    await Promise.allSettled(asked.map((entry) => batcher.push(entry)));
    expect(committed).toEqual(asked.filter((entry) => entry !== '13'));
  });

  test('where nothing is said for it, rejects its caller only', async () => {
    const { batcher } = setUp(refuse(new Set(['b'])));
    const answers = await Promise.allSettled(['a', 'b', 'c'].map((entry) => batcher.push(entry)));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('also one whose reading throws what is no error of ours: no repetition would help', async () => {
    const unreadable = (group: readonly string[]) => {
      if (group.includes('b')) throw Object.setPrototypeOf(new TypeError('unreadable'), null) as Error;
      return echo(group);
    };
    const { batcher, groups } = setUp(unreadable, { refused: 'refused' });
    expect(await Promise.all(['a', 'b', 'c'].map((entry) => batcher.push(entry)))).toEqual(['a!', 'refused', 'c!']);
    expect(groups.length).toBeLessThan(6);
  });

  test('among 1,000 costs about two messages a halving', async () => {
    const { batcher, groups } = setUp(refuse(new Set(['777'])), { refused: 'refused' });
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => batcher.push(String(i))));
    expect(groups.length).toBeLessThan(25);
  });
});

describe('an entry whose key is busy', () => {
  /** Keys that somebody's open transaction is creating; entries are their own keys. */
  const busyWith = (busy: ReadonlySet<string>) => (group: readonly string[]) => {
    const keys = group.filter((entry) => busy.has(entry));
    if (keys.length > 0) throw keyBusy(keys);
    return echo(group);
  };
  const keysOf = (entry: string) => [entry];

  test.each(['for ever', 'once'] as const)(
    'waits, and nobody else of its group or behind it does: %s',
    async (patience) => {
      const busy = new Set(['b', 'd']);
      const { batcher, groups, clock } = setUp(busyWith(busy), { patience, keysOf });
      const told: string[] = [];
      const asked = 'abcd'.split('').map(async (entry) => told.push(await batcher.push(entry)));
      await until('the others are answered', () => told.length === 2);
      expect(groups).toEqual([
        ['a', 'b', 'c', 'd'],
        ['a', 'c'],
      ]);
      expect(await batcher.push('e')).toBe('e!');
      let isSettled = false;
      void batcher.settled().then(() => (isSettled = true));
      busy.delete('b');
      clock.advance(100);
      await until('the one is there', () => told.includes('b!'));
      expect(isSettled).toBe(false);
      busy.delete('d');
      clock.advance(2_000);
      await Promise.all(asked);
      await batcher.settled();
      expect(told).toEqual(['a!', 'c!', 'b!', 'd!']);
    },
  );

  test('is told so after half a minute by a lane that tries once', async () => {
    const { batcher, clock, groups } = setUp(busyWith(new Set(['b'])), { patience: 'once', keysOf });
    const answer = batcher.push('b').catch((error: unknown) => error);
    for (let n = 0; n < 40; n++) {
      await until('it waits, or is told', () => clock.pending > 0 || batcher.isIdle);
      await turns();
      clock.advance(1_000);
    }
    expect(await answer).toMatchObject({
      code: 'KEY_BUSY',
      message: expect.stringContaining('creates a run with the key b') as string,
      data: { keys: ['b'] },
    });
    await batcher.settled();
    expect(groups.length).toBeLessThan(45);
  });

  test('and one that no entry has is an error like others', async () => {
    const { batcher } = setUp(() => Promise.reject(keyBusy(['z'])), { patience: 'once', keysOf });
    await expect(batcher.push('a')).rejects.toMatchObject({ code: 'KEY_BUSY' });
  });
});

describe('an error of who is told', () => {
  const bang = () => {
    throw new Error('bang');
  };

  test.each(['for ever', 'once'] as const)(
    'is heard by nobody else of its group, and nothing is sent again: %s',
    async (patience) => {
      const { batcher, groups, log } = setUp(echo, { patience });
      const before = batcher.push('a');
      batcher.add('b', bang, bang);
      expect(await Promise.all([before, batcher.push('c')])).toEqual(['a!', 'c!']);
      await batcher.settled();
      expect(groups).toEqual([['a', 'b', 'c']]);
      expect(log.texts('error')).toEqual(['an error inside of onejob: an answer of the store was not heard']);
    },
  );

  test('keeps nobody from hearing that the store is away, or refuses a value', async () => {
    const errors = [away(), new OnejobError('VALUE_REJECTED', 'no such value')];
    for (const error of errors) {
      const { batcher, log } = setUp(() => Promise.reject(error), { patience: 'once' });
      batcher.add('a', bang, bang);
      await expect(batcher.push('b')).rejects.toBe(error);
      await batcher.settled();
      expect(log.texts('error')).toHaveLength(1);
    }
  });

  test('of a meter is not an answer of the store either', async () => {
    const meter = new Proxy({} as Meter, { get: () => bang });
    const { batcher, groups, log } = setUp(echo, { meter });
    expect(await batcher.push('a')).toBe('a!');
    await batcher.settled();
    expect(groups).toEqual([['a']]);
    expect(log.texts('error')).toHaveLength(1);
  });
});

describe('a full lane', () => {
  test.each([
    ['10,000 entries', 10_000, 'x'],
    ['16 MB', 41, 'x'.repeat(420_000)],
  ])('is one with %s waiting; room comes with the next group', async (_, count, entry) => {
    const hold = createDeferred<void>();
    const { batcher } = setUp(async (group) => {
      await hold.promise;
      return echo(group);
    });
    const pushed = Array.from({ length: count }, () => batcher.push(entry));
    expect(batcher.isFull).toBe(true);
    let hasRoom = false;
    const room = batcher.room().then(() => (hasRoom = true));
    expect(hasRoom).toBe(false);
    hold.resolve();
    await room;
    await Promise.all(pushed);
    expect(batcher.isFull).toBe(false);
    await batcher.room();
  });

  test('settled resolves when all is answered, at once when nothing waits', async () => {
    const { batcher } = setUp(echo);
    await batcher.settled();
    let answered = 0;
    for (let i = 0; i < 3_000; i++) void batcher.push('a').then(() => answered++);
    await batcher.settled();
    expect(answered).toBe(3_000);
  });
});
