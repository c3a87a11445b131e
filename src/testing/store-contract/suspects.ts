import { isCharged } from '../../job/transition.ts';
import {
  childOf,
  ended,
  handedBack,
  newRun,
  newRuns,
  rescheduleOf,
  stepBegun,
  stepDone,
  suspended,
} from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { at, only, type Harness } from './harness/harness.ts';

export function aboutSuspects({ it, expect }: Contract): void {
  it('where a worker held several runs, its crash is charged to none, and all are suspect', async (harness) => {
    const worker = await harness.worker();
    const runs = newRuns(3, { holder: worker, maxCrashes: 1 });
    await harness.store.submit(runs);
    await harness.evict(worker);
    expect(await marksOf(harness, runs)).toEqual(runs.map(() => 'queued 0 suspect'));
    expect(isCharged({ isSuspect: false }, 3)).toBe(false);
  });

  it('a run that was alone is charged with the crash', async (harness) => {
    const worker = await harness.worker();
    const runs = newRuns(1, { holder: worker });
    await harness.store.submit(runs);
    await harness.evict(worker);
    expect(await marksOf(harness, runs)).toEqual(['queued 1 suspect']);
    expect(isCharged({ isSuspect: false }, 1)).toBe(true);
  });

  it('a crash is charged to the suspect run only, and those beside it are suspect from then on', async (harness) => {
    const [first, second] = [await harness.worker(), await harness.worker({ node: 'vm-2' })];
    const runs = newRuns(2, { holder: first, maxCrashes: 1 });
    await harness.store.submit(runs);
    await harness.evict(first);
    const beside = newRuns(2);
    await harness.store.submit(beside);
    const taken = await harness.claimIds(second);
    expect(taken).toEqual([at(runs, 0).id, ...beside.map(({ id }) => id)]);
    await harness.evict(second);
    expect(await marksOf(harness, runs)).toEqual(['failed 1', 'queued 0 suspect']);
    expect(await marksOf(harness, beside)).toEqual(beside.map(() => 'queued 0 suspect'));
    const { error } = await harness.run(at(runs, 0).id);
    expect(error).toMatchObject({ code: 'RUN_CRASHED', data: { workers: [{ node: 'vm-2', worker: second }] } });
    expect(isCharged({ isSuspect: true }, 3)).toBe(true);
  });

  it('a worker that leaves in order, or is replaced, makes nothing suspect; what is suspect stays so', async (harness) => {
    const gone = await harness.worker();
    const runs = newRuns(2, { holder: gone });
    await harness.store.submit(runs);
    await harness.evict(gone, false);
    expect(await marksOf(harness, runs)).toEqual(['queued 0', 'queued 0']);
    const previous = await harness.worker({ node: 'n' });
    await harness.claim(previous);
    await harness.worker({ node: 'n', replaces: 'n' });
    expect(await marksOf(harness, runs)).toEqual(['queued 0', 'queued 0']);
    const crashed = await harness.worker();
    await harness.claim(crashed);
    await harness.evict(crashed);
    const leaving = await harness.worker();
    expect((await harness.claimIds(leaving)).length).toBe(1);
    await harness.evict(leaving, false);
    expect(await marksOf(harness, runs)).toEqual(['queued 0 suspect', 'queued 0 suspect']);
  });

  for (const [name, free] of [
    ['with room for many', 10],
    ['with room for one', 1],
  ] as const) {
    it(`a worker gets one suspect run at a time, ${name}`, async (harness) => {
      const runs = await suspects(harness, 3);
      const worker = await harness.worker();
      for (const run of runs) {
        const claim = only((await harness.claim(worker, { free })).claims);
        expect(claim).toMatchObject({ run: run.id, isSuspect: true });
        const { claims, nextDueAt } = await harness.claim(worker, { free });
        expect({ claims, nextDueAt }).toEqual({ claims: [], nextDueAt: null });
        await harness.recorded(worker, ended(claim));
      }
      expect(await harness.claimIds(worker)).toEqual([]);
    });
  }

  it('the others are claimed beside it, in their order', async (harness) => {
    const [first, second] = (await suspects(harness, 2)).map(({ id }) => id);
    const now = await harness.now();
    const others = [
      newRun({ priority: 1 }),
      newRun({ dueAt: now - 100_000 }),
      newRun(),
      newRun({ job: 'b', priority: -1 }),
    ];
    await harness.store.submit(others);
    const [high, early, late, low] = others.map(({ id }) => id);
    const [one, two] = [await harness.worker(), await harness.worker()];
    const jobs = ['work', 'b'];
    expect(await harness.claimIds(one, { jobs, free: 1 })).toEqual([high]);
    expect(await harness.claimIds(one, { jobs, free: 2 })).toEqual([early, first]);
    expect(await harness.claimIds(one, { jobs, free: 1 })).toEqual([late]);
    expect(await harness.claimIds(two, { jobs })).toEqual([second, low]);
  });

  it('each of several queues has its turn, and one suspect run is claimed of them all', async (harness) => {
    const gone = await harness.worker();
    const runs = ['p', 'q', 'p', 'q'].map((queue) => newRun({ queue, holder: gone }));
    await harness.store.submit(runs);
    await harness.evict(gone);
    const others = ['p', 'q', 'q'].map((queue) => newRun({ queue }));
    await harness.store.submit(others);
    const worker = await harness.worker();
    const taken = await harness.claimIds(worker);
    const first = runs.map(({ id }) => id).filter((id) => taken.includes(id));
    expect(first).toEqual([at(runs, 0).id]);
    expect(taken.filter((id) => !first.includes(id)).toSorted()).toEqual(others.map(({ id }) => id));
  });

  it('of a tree, too, one is claimed at a time', async (harness) => {
    const gone = await harness.worker();
    const root = newRun({ holder: gone });
    const child = childOf({ run: root.id, root: root.id }, { holder: gone });
    await harness.store.submit([root, child]);
    await harness.evict(gone);
    const worker = await harness.worker();
    const claim = only((await harness.claim(worker, { tree: [root.id] })).claims);
    expect(claim).toMatchObject({ run: root.id, isSuspect: true });
    expect(await harness.claimIds(worker, { tree: [root.id] })).toEqual([]);
    await harness.recorded(worker, suspended(claim));
    expect(await harness.claimIds(worker, { tree: [root.id] })).toEqual([child.id]);
  });

  const traces: [string, (harness: Harness, worker: string, claim: { run: string; epoch: number }) => Promise<void>][] =
    [
      ['a step', (harness, worker, claim) => harness.recorded(worker, stepDone(claim, 'one'))],
      ['a try', (harness, worker, claim) => harness.recorded(worker, stepBegun(claim, 'one'))],
      ['that it parks', (harness, worker, claim) => harness.recorded(worker, suspended(claim, { wakeInMs: 0 }))],
      ['its next attempt', (harness, worker, claim) => harness.recorded(worker, handedBack(claim, { attempt: 2 }))],
    ];
  for (const [name, record] of traces) {
    it(`once it has recorded ${name} it is suspect no more`, async (harness) => {
      const runs = await suspects(harness, 3);
      const worker = await harness.worker();
      const claim = only((await harness.claim(worker)).claims);
      await record(harness, worker, claim);
      const run = await harness.run(claim.run);
      expect({ run: run.id, crashes: run.crashes, isSuspect: run.isSuspect }).toEqual({
        run: at(runs, 0).id,
        crashes: 0,
        isSuspect: undefined,
      });
      expect((await harness.claimIds(worker, { free: 2 })).includes(at(runs, 1).id)).toBe(true);
    });
  }

  it('a suspect run that is handed back as it was stays suspect', async (harness) => {
    await suspects(harness, 2);
    const worker = await harness.worker();
    const claim = only((await harness.claim(worker)).claims);
    await harness.recorded(worker, handedBack(claim));
    expect(await harness.run(claim.run)).toMatchObject({ state: 'queued', isSuspect: true });
  });

  it('one that is due later, of a paused queue or of another job is not waited for', async (harness) => {
    const gone = await harness.worker();
    const runs = [newRun({ job: 'other' }), newRun(), newRun()].map((run) => ({ ...run, holder: gone }));
    await harness.store.submit(runs);
    await harness.evict(gone);
    await harness.act(rescheduleOf(at(runs, 1).id, 3_600_000));
    const worker = await harness.worker();
    expect(await harness.claimIds(worker)).toEqual([at(runs, 2).id]);
  });

  it('they count where work is counted', async (harness) => {
    await suspects(harness, 3);
    const { store } = harness;
    await harness.submit();
    const stats = await store.stats?.({ windowMs: 1_000, parts: 1, atMost: 100 });
    expect(stats?.live.jobs.map(({ due }) => due)).toEqual(stats && [4]);
    const backlog = await store.backlog?.({ atMost: 100 });
    expect(backlog?.jobs.map(({ due }) => due)).toEqual(backlog && [4]);
  });

  it('four workers beside each other hold one each, whoever claims first', async (harness) => {
    const other = await harness.second();
    await suspects(harness, 12);
    const workers = await Promise.all([1, 2, 3, 4].map(() => harness.worker()));
    for (let number = 101; number <= 103; number++) {
      const jobs = [{ name: 'work', timeoutMs: null, deadlineMs: null, maxCrashes: 3, callbacks: 'none' }] as const;
      for (let tries = 0; tries < 100; tries++) {
        const firstSeq = { jobs, free: 5, turn: 0, number: number * 100 + tries };
        await Promise.all(workers.map((worker, n) => (n % 2 ? other : harness.store).claim({ worker, ...firstSeq })));
        const held = await Promise.all(workers.map((worker) => harness.held(worker)));
        expect(Math.max(...held.map((holds) => holds.length))).toBe(1);
        if (held.some((holds) => holds.length === 0)) continue; // what another had locked was passed by
        for (const [n, worker] of workers.entries()) await harness.recorded(worker, ended(only(at(held, n))));
        break;
      }
    }
    expect((await harness.listAll({ states: ['succeeded'] })).length).toBe(12);
  });
}

/** So many runs that were in execution when their worker crashed. */
async function suspects(harness: Harness, count: number) {
  const gone = await harness.worker({ node: 'gone' });
  const runs = newRuns(count, { holder: gone });
  await harness.store.submit(runs);
  await harness.evict(gone);
  return runs;
}

async function marksOf(harness: Harness, runs: readonly { id: string }[]): Promise<string[]> {
  const found = await harness.store.get(runs.map(({ id }) => id));
  return found.map((run) => `${run?.state} ${run?.crashes}${run?.isSuspect ? ' suspect' : ''}`);
}
