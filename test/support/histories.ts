import { describe, expect, test, vi } from 'vitest';
import type { Store } from '../../src/ports/store.ts';
import { recordCalls } from '../simulation/recording.ts';
import { comparable, StoreNames } from './store-answers.ts';

/** A migrated store whose clock a test sets. */
export interface TimedFixture {
  readonly store: Store;
  setNow(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** `HISTORIES=13-40` makes the calls of others; `npm run torture` those of 300. */
const usual = process.env['TORTURE'] === '1' ? 300 : 12;
const [from = 1, to = usual] = (process.env['HISTORIES'] ?? '').split('-').filter(Boolean).map(Number);
const seeds = Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** Makes the calls of simulated histories on a server's store: each must be answered as the store in memory answered it. */
export function describeHistories(name: string, open: () => Promise<TimedFixture>): void {
  describe(`the calls of simulated histories on ${name}`, () => {
    test.each(seeds)('are answered as in the simulation: seed %i', async (seed) => {
      const calls = await recordCalls(seed);
      const fixture = await open();
      const names = new StoreNames();
      let now = 0;
      // What has passed since a server told its time is measured by it.
      const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
      try {
        for (const [n, call] of calls.entries()) {
          now = call.now;
          await fixture.setNow(now);
          const make = fixture.store[call.method] as (...args: readonly unknown[]) => Promise<unknown>;
          const args = names.theirs(call.args) as readonly unknown[];
          const answer = await make.apply(fixture.store, [...args]);
          names.learn(call, answer);
          const where = `seed ${seed}, call ${n}: ${call.method} ${JSON.stringify(args).slice(0, 2_000)}`;
          expect(comparable(call.method, answer), where).toEqual(comparable(call.method, names.theirs(call.answer)));
        }
      } finally {
        clock.mockRestore();
        await fixture.close();
      }
    });
  });
}
