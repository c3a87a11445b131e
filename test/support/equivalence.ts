import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import type { Claim } from '../../src/ports/store-claim.ts';
import type { Fixture } from '../../src/testing/index.ts';
import { type Call, RandomCalls } from './random-calls.ts';

/** `EQUIVALENCE_SEEDS=100-199` tries others than these. */
const [from = 1, to = 12] = (process.env['EQUIVALENCE_SEEDS'] ?? '').split('-').filter(Boolean).map(Number);
const seeds = Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** Makes the same random calls on a server's store and on SQLite: each must be answered alike by both. */
export function describeEquivalence(name: string, open: () => Promise<Fixture>): void {
  describe(`the same calls on ${name} and SQLite`, () => {
    test.each(seeds)('are answered alike and leave the same runs behind: seed %i', async (seed) => {
      const fixture = await open();
      let now = Date.UTC(2026, 10, 1);
      const memory = await openSqliteStore({ path: ':memory:', clock: { now: () => ++now } });
      const stores = [memory, fixture.store] as const;
      const history: string[] = [];
      /** Makes a call on both; where the answers differ the test shows how it came to that. */
      const both = async ({ says, make }: Call): Promise<unknown> => {
        history.push(says);
        const [expected, actual] = await Promise.all(stores.map(async (store) => timeless(await make(store))));
        expect(actual, `seed ${seed}, call ${history.length}\n${history.slice(-40).join('\n')}`).toEqual(expected);
        return actual;
      };
      try {
        await Promise.all(stores.map((store) => store.migrate()));
        const calls = new RandomCalls(seed);
        for (let n = 0; n < 250; n++) {
          const answer = await both(calls.next());
          if (isClaimed(answer)) calls.learn(answer.claims, answer.worker);
          // What is queued now must not share its instant with what was queued by the call before.
          await sleep(1);
        }
        for (const question of calls.questions()) await both(question);
      } finally {
        await Promise.all([memory.close(), fixture.close()]);
      }
    });
  });
}

function isClaimed(answer: unknown): answer is { claims: Claim[]; worker: string } {
  return typeof answer === 'object' && answer !== null && 'claims' in answer;
}

const instants = new Set(['at', 'createdAt', 'dueAt', 'startedAt', 'finishedAt', 'resumeAt', 'registeredAt']);

/** The two clocks differ: of an instant only that there is one is compared. */
function timeless(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value ?? null, function replace(this: Record<string, unknown>, name, inner: unknown) {
      const given = this[name];
      if (given instanceof Uint8Array) return Buffer.from(given).toString('base64');
      return instants.has(name) && typeof inner === 'number' ? 'an instant' : inner;
    }),
  );
}
