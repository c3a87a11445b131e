import { expect, test } from 'vitest';
import { Pruner } from '../../../src/engine/host/pruner.ts';
import type { PrunePolicy, Pruned } from '../../../src/ports/store-query.ts';
import type { Store } from '../../../src/ports/store.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';
import { turns, until } from '../../support/until.ts';

const policy: PrunePolicy = { succeededMs: 1, failedMs: 2, succeededRuns: 3, failedRuns: 4 };

async function setUp(answers: (Pruned | Error)[]) {
  const clock = new FakeClock();
  const log = new RecordingLog();
  const requests: unknown[] = [];
  const store = {
    prune: (request: unknown) => {
      requests.push(request);
      const answer = answers.shift() ?? { runs: 0, bytes: 0, more: false };
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  } as unknown as Store;
  const pruner = new Pruner({ store, policy, clock, log, random: () => 0.5 });
  await pruner.start();
  await until('it waits', () => clock.pending === 1);
  return { clock, log, requests, pruner };
}

test('prunes a minute after the start, then about every hour, in bounded pieces until nothing is left', async () => {
  const more = { runs: 500, bytes: 1, more: true };
  const { clock, log, requests, pruner } = await setUp([more, more, { runs: 7, bytes: 1, more: false }]);
  clock.advance(59_999);
  await turns();
  expect(requests).toEqual([]);
  clock.advance(1);
  for (let piece = 1; piece <= 3; piece++) {
    await until(`piece ${piece}`, () => requests.length === piece && clock.pending === 1);
    if (piece < 3) clock.advance(50);
  }
  expect(requests).toEqual(Array.from({ length: 3 }, () => ({ policy, limit: 500 })));
  expect(log.lines).toMatchObject([{ level: 'info', text: 'old runs were deleted', fields: { runs: 1_007 } }]);
  clock.advance(3_600_000);
  await until('the next hour', () => requests.length === 4);
  await pruner.stop();
});

test('goes on after a failure', async () => {
  const { clock, log, requests, pruner } = await setUp([new Error('away')]);
  clock.advance(60_000);
  await until('it failed and waits', () => log.texts('warn').length === 1 && clock.pending === 1);
  clock.advance(10_000);
  await until('it tries again', () => requests.length === 2);
  await pruner.stop();
});

test('stops in the middle of much work', async () => {
  const endless = Array.from({ length: 1_000 }, () => ({ runs: 500, bytes: 1, more: true }));
  const { clock, requests, pruner } = await setUp(endless);
  clock.advance(60_000);
  await until('it works', () => requests.length === 1 && clock.pending === 1);
  await pruner.stop();
  expect(requests).toHaveLength(1);
  expect(clock.pending).toBe(0);
});
