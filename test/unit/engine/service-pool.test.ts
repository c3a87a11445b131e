import { describe, expect, test } from 'vitest';
import { ServicePool } from '../../../src/engine/host/service-pool.ts';
import { service, type ServiceSet } from '../../../src/job/services.ts';
import { createDeferred } from '../../../src/std/deferred.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';
import { turns } from '../../support/until.ts';

function setUp() {
  const log = new RecordingLog();
  const events: string[] = [];
  const named = (name: string) =>
    service(
      () => {
        events.push(`open ${name}`);
        return name;
      },
      (opened: string) => {
        events.push(`close ${opened}`);
      },
    );
  const clock = new FakeClock();
  return { log, clock, pool: new ServicePool(log, clock), events, named };
}

const set = (definitions: ServiceSet['definitions']): ServiceSet => ({ definitions });

describe('a set of services', () => {
  test('SJ-15 is opened in the order written, once for all who ask', async () => {
    const { pool, events, named } = setUp();
    const both = set({ db: named('db'), mailboxSeq: named('mail') });
    const [one, two] = await Promise.all([pool.open(both), pool.open(both)]);
    expect(one).toBe(two);
    expect(one).toEqual({ db: 'db', mailboxSeq: 'mail' });
    expect(await pool.open(both)).toBe(one);
    expect(events).toEqual(['open db', 'open mail']);
  });

  test('is at hand without a promise once it is open, and until the pool is closed', async () => {
    const { pool, named } = setUp();
    const one = set({ db: named('db') });
    expect(pool.opened(one)).toBe(undefined);
    const opening = pool.open(one);
    expect(pool.opened(one)).toBe(undefined);
    const services = await opening;
    expect(services).toEqual({ db: 'db' });
    expect(pool.opened(one)).toBe(services);
    await pool.close();
    expect(pool.opened(one)).toBe(undefined);
  });

  test('SJ-15 is closed in reverse, the last set first', async () => {
    const { pool, events, named } = setUp();
    await pool.open(set({ a: named('a'), b: named('b') }));
    await pool.open(set({ c: named('c'), plain: service(() => 'no close') }));
    await pool.close();
    expect(events).toEqual(['open a', 'open b', 'open c', 'close c', 'close b', 'close a']);
    await pool.close();
    expect(events).toHaveLength(6);
  });

  test('SJ-15 of which one cannot be opened leaves nothing open, and is tried again at the next use', async () => {
    const { pool, events, named } = setUp();
    let isAway = true;
    const half = set({
      a: named('a'),
      b: service(() => {
        if (isAway) throw new Error('refused');
        return 'b';
      }),
    });
    await expect(pool.open(half)).rejects.toThrow('the service b could not be opened: refused');
    expect(events).toEqual(['open a', 'close a']);
    isAway = false;
    expect(await pool.open(half)).toEqual({ a: 'a', b: 'b' });
    await pool.close();
    expect(events).toEqual(['open a', 'close a', 'open a', 'close a']);
  });

  test('SJ-15 whose open throws anything is told in words', async () => {
    const { pool } = setUp();
    const thrown: unknown = Object.create(null);
    const broken = set({
      broken: service(() => {
        throw thrown;
      }),
    });
    await expect(pool.open(broken)).rejects.toThrow('the service broken could not be opened');
  });

  test('SJ-15 that is being opened when the pool closes is closed once it is open', async () => {
    const { pool, events } = setUp();
    const opening = createDeferred<string>();
    const slow = set({
      slow: service(
        () => opening.promise,
        () => events.push('closed'),
      ),
    });
    void pool.open(slow);
    const closing = pool.close();
    await turns();
    expect(events).toEqual([]);
    opening.resolve('slow');
    await closing;
    expect(events).toEqual(['closed']);
  });

  test('SJ-15 a close that fails is logged, and the others are closed', async () => {
    const { pool, events, named, log } = setUp();
    await pool.open(
      set({
        a: named('a'),
        b: service(
          () => 'b',
          () => Promise.reject(new Error('stuck')),
        ),
      }),
    );
    await pool.close();
    expect(events).toEqual(['open a', 'close a']);
    expect(log.lines).toMatchObject([{ level: 'error', text: 'the service b could not be closed' }]);
  });

  test('SJ-15 a close that never settles is named and left, and the others are closed', async () => {
    const { pool, events, named, log, clock } = setUp();
    const stuck = service(
      () => 'stuck',
      () => new Promise(() => undefined),
    );
    await pool.open(set({ a: named('a'), stuck, b: named('b') }));
    let isClosed = false;
    const closing = pool.close().then(() => (isClosed = true));
    await turns();
    clock.advance(9_999);
    await turns();
    expect({ isClosed, events }).toEqual({ isClosed: false, events: ['open a', 'open b', 'close b'] });
    clock.advance(1);
    await closing;
    expect(events).toEqual(['open a', 'open b', 'close b', 'close a']);
    expect(log.texts('error')).toEqual(['the service stuck did not close within 10 s and is left as it is']);
    expect(clock.pending).toBe(0);
  });

  test('SJ-15 an open that never settles holds no close up; what opens after all is closed', async () => {
    const { pool, events, named, log, clock } = setUp();
    const opening = createDeferred<string>();
    const late = service(
      () => opening.promise,
      () => events.push('close late'),
    );
    await pool.open(set({ other: named('other') }));
    const asked = pool.open(set({ a: named('a'), late, never: named('never') }));
    const refused = expect(asked).rejects.toThrow('the service late could not be opened');
    const closing = pool.close();
    await turns();
    clock.advance(10_000);
    await closing;
    expect(events).toEqual(['open other', 'open a', 'close a', 'close other']);
    expect(log.texts('error')).toEqual(['the service late did not open within 10 s and is waited for no longer']);
    opening.resolve('late');
    await refused;
    expect(events.slice(4)).toEqual(['close late']);
  });
});
