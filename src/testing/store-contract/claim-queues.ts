import { handedBack, newRun, newRuns } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { at, only, type Harness } from './harness/harness.ts';

export function aboutClaimQueues({ it, expect }: Contract): void {
  it('a job’s runs are claimed in whatever queues they lie', async (harness) => {
    const worker = await harness.worker();
    const runs = ['', 'before the move', 'default', 'mail'].map((queue) => newRun({ queue }));
    await harness.store.submit(runs);
    expect((await harness.claimIds(worker)).toSorted()).toEqual(runs.map(({ id }) => id));
  });

  it('within a queue priority comes first, then due, then age', async (harness) => {
    const worker = await harness.worker();
    const now = await harness.now();
    const order = [
      { priority: 5, dueAt: now - 10 },
      { priority: 0, dueAt: now - 1_000 },
      { priority: 0, dueAt: now - 500 },
      { priority: 0, dueAt: now - 500 },
    ];
    const [fast, slow] = ['fast', 'slow'].map((queue) => order.map((over) => newRun({ ...over, queue })));
    await harness.store.submit([...(slow ?? []).toReversed(), ...(fast ?? []).toReversed()]);
    const claimed = await claimedBy(harness, worker, { free: 5 });
    expect(claimed['fast']).toEqual((fast ?? []).slice(0, 3).map(({ id }) => id));
    expect(claimed['slow']).toEqual((slow ?? []).slice(0, 2).map(({ id }) => id));
  });

  it('a claim gives at most as many runs as are wished, however many queues there are', async (harness) => {
    const worker = await harness.worker();
    for (let n = 0; n < 6; n++) await harness.store.submit(newRuns(2, { queue: `q${n}` }));
    expect((await harness.claimIds(worker, { free: 4 })).length).toBe(4);
    expect((await harness.claimIds(worker, { free: 7 })).length).toBe(7);
    expect((await harness.claimIds(worker, { free: 7 })).length).toBe(1);
  });

  it('queues get equal shares, and what others leave', async (harness) => {
    const worker = await harness.worker();
    for (const [queue, count] of [
      ['a', 1],
      ['b', 20],
      ['c', 20],
      ['d', 3],
    ] as const) {
      await harness.store.submit(newRuns(count, { queue }));
    }
    expect(counts(await claimedBy(harness, worker, { free: 12 }))).toEqual({ a: 1, b: 4, c: 4, d: 3 });
    expect(counts(await claimedBy(harness, worker, { free: 30 }))).toEqual({ b: 15, c: 15 });
  });

  it('with room for one run each queue has its turn', async (harness) => {
    const worker = await harness.worker();
    for (const queue of ['a', 'b', 'c']) await harness.store.submit(newRuns(5, { queue }));
    const order: string[] = [];
    for (let turn = 4; turn < 10; turn++) {
      order.push(...Object.keys(await claimedBy(harness, worker, { free: 1, turn })));
    }
    expect(order).toEqual(['b', 'c', 'a', 'b', 'c', 'a']);
  });

  it('a queue whose runs are due later takes nobody’s turn, and says when they are due', async (harness) => {
    const worker = await harness.worker();
    const later = newRun({ queue: 'a', delayMs: 60_000 });
    await harness.store.submit([later, ...newRuns(3, { queue: 'b' }), ...newRuns(3, { queue: 'c', job: 'other' })]);
    for (let turn = 0; turn < 3; turn++) {
      expect(Object.keys(await claimedBy(harness, worker, { free: 1, turn }))).toEqual(['b']);
    }
    const { claims, nextDueAt } = await harness.claim(worker, { free: 5 });
    expect({ claims, nextDueAt }).toEqual({ claims: [], nextDueAt: (await harness.run(later.id)).dueAt });
  });

  it('runs of a queue that are handed back keep their place in it', async (harness) => {
    const worker = await harness.worker();
    const runs = newRuns(3, { queue: 'mail' });
    await harness.store.submit(runs);
    const first = only((await harness.claim(worker, { free: 1 })).claims);
    await harness.recorded(worker, handedBack(first));
    expect(await harness.claimIds(worker)).toEqual(runs.map(({ id }) => id));
    expect((await harness.run(at(runs, 0).id)).queue).toBe('mail');
  });
}

/** Ids that a claim gives, in its order, by queue. */
async function claimedBy(
  harness: Harness,
  worker: string,
  over: { free: number; turn?: number },
): Promise<Record<string, string[]>> {
  const claimed: Record<string, string[]> = {};
  const runs = await harness.store.get(await harness.claimIds(worker, over));
  for (const run of runs) if (run) (claimed[run.queue] ??= []).push(run.id);
  return claimed;
}

function counts(claimed: Record<string, readonly string[]>): Record<string, number> {
  return Object.fromEntries(Object.entries(claimed).map(([queue, ids]) => [queue, ids.length]));
}
