import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { openPostgresStore } from '../../src/adapters/postgres/index.ts';
import type { Store } from '../../src/ports/store.ts';
import { overlapping } from '../simulation/overlapping.ts';
import type { Observed } from '../simulation/observed.ts';
import { recordCalls } from '../simulation/recording.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';
import { HeldPool } from '../support/held-pool.ts';
import { comparable, StoreNames } from '../support/store-answers.ts';
import { takeOverClock } from '../support/test-clock.ts';

/** `HISTORIES=13-40` makes the calls of others; `npm run torture` those of 300. */
const usual = process.env['TORTURE'] === '1' ? 300 : 10;
const [from = 1, to = usual] = (process.env['HISTORIES'] ?? '').split('-').filter(Boolean).map(Number);
const seeds = Array.from({ length: to - from + 1 }, (_, i) => from + i);

/**
 * Of two calls that follow each other and touch one run, the first is held before its commit until the second waits for
 * it, or is answered. What the second looked at before its lock is old by then; it must be answered as it was when it
 * came after the first.
 */
describe('calls that overlap on PostgreSQL', () => {
  let waited = 0;
  afterAll(() => {
    expect(waited).toBeGreaterThan(0);
  });

  test.each(seeds)('are answered as when they follow each other: seed %i', async (seed) => {
    expect(await overlap(seed, (pairs) => (waited += pairs))).toEqual([]);
  });

  test('are not, where the verdict is given before the lock', async () => {
    const spoil = async (admin: pg.Pool, schema: string): Promise<void> => {
      const sql = `select pg_get_functiondef(oid) text from pg_proc where proname = 'record_v1' and pronamespace = $1::regnamespace`;
      const text = (await admin.query<{ text: string }>(sql, [schema])).rows[0]?.text ?? '';
      const spoilt = text.replace('order by l.run for no key update', 'order by l.run');
      expect(spoilt).not.toBe(text);
      await admin.query(spoilt);
    };
    expect(await overlap(spoilingSeed, () => undefined, spoil)).not.toEqual([]);
  });
});

const spoilingSeed = 1;

/** The calls of a history that are answered in another way; `onWait` is told of each pair of which the second waited. */
async function overlap(
  seed: number,
  onWait: (pairs: number) => void,
  spoil?: (admin: pg.Pool, schema: string) => Promise<void>,
): Promise<string[]> {
  const calls = await recordCalls(seed);
  const pairs = overlapping(calls);
  const fixture = await openPostgresFixture({ isUsed: spoil === undefined });
  await fixture.store.migrate();
  await spoil?.(fixture.admin, fixture.schema);
  const setNow = await takeOverClock(fixture.admin, fixture.schema);
  const pool = new pg.Pool({ connectionString: fixture.url, max: 2 });
  const held = new HeldPool(pool);
  const heldStore = await openPostgresStore({ pool: held, schema: fixture.schema });
  const names = new StoreNames();
  const found: string[] = [];
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  const at = async (ms: number): Promise<void> => {
    now = ms;
    await setNow(ms);
  };
  const make = (store: Store, call: Observed): Promise<unknown> => {
    const method = store[call.method] as (...args: readonly unknown[]) => Promise<unknown>;
    return method.apply(store, names.theirs(call.args) as unknown[]);
  };
  const check = (call: Observed, answer: unknown): void => {
    names.learn(call, answer);
    const [theirs, ours] = [answer, names.theirs(call.answer)].map((one) => comparable(call.method, one));
    if (isDeepStrictEqual(theirs, ours)) return;
    const shown = [call.args, theirs, ours].map((one) => JSON.stringify(one).slice(0, 1_000));
    found.push(`call ${calls.indexOf(call)}: ${call.method} ${shown[0]} is answered ${shown[1]} and not ${shown[2]}`);
  };
  try {
    for (let n = 0; n < calls.length && found.length === 0; n++) {
      const [call, next] = [calls[n] as Observed, calls[n + 1]];
      await at(call.now);
      if (!next || !pairs.has(n)) {
        check(call, await make(fixture.store, call));
        continue;
      }
      const holding = held.hold();
      const first = make(heldStore, call);
      const holder = await Promise.race([holding, first.then(() => 0)]);
      await at(next.now);
      const second = make(fixture.store, next);
      if ((await Promise.race([second.then(() => 'answered'), waiter(fixture.admin, holder)])) === 'waits') onWait(1);
      held.letGo();
      check(call, await first);
      check(next, await second);
      n++;
    }
  } finally {
    clock.mockRestore();
    held.letGo();
    await heldStore.close();
    await pool.end();
    await fixture.close();
  }
  return found;
}

/** Resolves when somebody waits for a lock of this connection, or when it has let go of what it held. */
async function waiter(admin: pg.Pool, holder: number): Promise<'waits' | 'over'> {
  const sql = `select a.state, exists (select from pg_stat_activity b where a.pid = any(pg_blocking_pids(b.pid))) waits
    from pg_stat_activity a where a.pid = $1`;
  for (;;) {
    const { rows } = await admin.query<{ state: string; waits: boolean }>(sql, [holder]);
    if (rows[0]?.waits) return 'waits';
    if (rows[0]?.state !== 'idle in transaction') return 'over';
  }
}
