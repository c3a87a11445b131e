import { handedBack, newRun, newRuns } from './builders.ts';
import type { Contract } from './contract.ts';
import { at, only, type Scene } from './scene.ts';

export function aboutClaimQueues({ it, expect }: Contract): void {
  it('a job’s runs are claimed in whatever queues they lie', async (scene) => {
    const worker = await scene.worker();
    const runs = ['', 'before the move', 'default', 'mail'].map((queue) => newRun({ queue }));
    await scene.store.submit(runs);
    expect((await scene.claimIds(worker)).toSorted()).toEqual(runs.map(({ id }) => id));
  });

  it('within a queue priority comes first, then due, then age', async (scene) => {
    const worker = await scene.worker();
    const now = await scene.now();
    const order = [
      { priority: 5, dueAt: now - 10 },
      { priority: 0, dueAt: now - 1_000 },
      { priority: 0, dueAt: now - 500 },
      { priority: 0, dueAt: now - 500 },
    ];
    const [fast, slow] = ['fast', 'slow'].map((queue) => order.map((over) => newRun({ ...over, queue })));
    await scene.store.submit([...(slow ?? []).toReversed(), ...(fast ?? []).toReversed()]);
    const claimed = await claimedBy(scene, worker, { free: 5 });
    expect(claimed['fast']).toEqual((fast ?? []).slice(0, 3).map(({ id }) => id));
    expect(claimed['slow']).toEqual((slow ?? []).slice(0, 2).map(({ id }) => id));
  });

  it('a claim gives at most as many runs as are wished, however many queues there are', async (scene) => {
    const worker = await scene.worker();
    for (let n = 0; n < 6; n++) await scene.store.submit(newRuns(2, { queue: `q${n}` }));
    expect((await scene.claimIds(worker, { free: 4 })).length).toBe(4);
    expect((await scene.claimIds(worker, { free: 7 })).length).toBe(7);
    expect((await scene.claimIds(worker, { free: 7 })).length).toBe(1);
  });

  it('queues get equal shares, and what others leave', async (scene) => {
    const worker = await scene.worker();
    for (const [queue, count] of [
      ['a', 1],
      ['b', 20],
      ['c', 20],
      ['d', 3],
    ] as const) {
      await scene.store.submit(newRuns(count, { queue }));
    }
    expect(counts(await claimedBy(scene, worker, { free: 12 }))).toEqual({ a: 1, b: 4, c: 4, d: 3 });
    expect(counts(await claimedBy(scene, worker, { free: 30 }))).toEqual({ b: 15, c: 15 });
  });

  it('with room for one run each queue has its turn', async (scene) => {
    const worker = await scene.worker();
    for (const queue of ['a', 'b', 'c']) await scene.store.submit(newRuns(5, { queue }));
    const order: string[] = [];
    for (let turn = 4; turn < 10; turn++) {
      order.push(...Object.keys(await claimedBy(scene, worker, { free: 1, turn })));
    }
    expect(order).toEqual(['b', 'c', 'a', 'b', 'c', 'a']);
  });

  it('a queue whose runs are due later takes nobody’s turn, and says when they are due', async (scene) => {
    const worker = await scene.worker();
    const later = newRun({ queue: 'a', delayMs: 60_000 });
    await scene.store.submit([later, ...newRuns(3, { queue: 'b' }), ...newRuns(3, { queue: 'c', job: 'other' })]);
    for (let turn = 0; turn < 3; turn++) {
      expect(Object.keys(await claimedBy(scene, worker, { free: 1, turn }))).toEqual(['b']);
    }
    const { claims, nextDueAt } = await scene.claim(worker, { free: 5 });
    expect({ claims, nextDueAt }).toEqual({ claims: [], nextDueAt: (await scene.run(later.id)).dueAt });
  });

  it('runs of a queue that are handed back keep their place in it', async (scene) => {
    const worker = await scene.worker();
    const runs = newRuns(3, { queue: 'mail' });
    await scene.store.submit(runs);
    const first = only((await scene.claim(worker, { free: 1 })).claims);
    await scene.recorded(worker, handedBack(first));
    expect(await scene.claimIds(worker)).toEqual(runs.map(({ id }) => id));
    expect((await scene.run(at(runs, 0).id)).queue).toBe('mail');
  });
}

/** Ids that a claim gives, in its order, by queue. */
async function claimedBy(
  scene: Scene,
  worker: string,
  over: { free: number; turn?: number },
): Promise<Record<string, string[]>> {
  const claimed: Record<string, string[]> = {};
  const runs = await scene.store.get(await scene.claimIds(worker, over));
  for (const run of runs) if (run) (claimed[run.queue] ??= []).push(run.id);
  return claimed;
}

function counts(claimed: Record<string, readonly string[]>): Record<string, number> {
  return Object.fromEntries(Object.entries(claimed).map(([queue, ids]) => [queue, ids.length]));
}
