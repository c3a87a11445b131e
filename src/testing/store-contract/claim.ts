import {
  childOf,
  ended,
  eventTo,
  handedBack,
  newRun,
  newRuns,
  stepBegun,
  stepDone,
  suspended,
  termsOf,
} from './builders.ts';
import type { Contract } from './contract.ts';
import { at, only } from './scene.ts';

export function aboutClaim({ it, expect }: Contract): void {
  it('a claim carries all that an attempt needs', async (scene) => {
    const worker = await scene.worker({ node: 'vm-1' });
    const run = newRun({
      key: 'k',
      trigger: 'http',
      priority: 2,
      args: ['x', 'y z'],
      request: { headers: [['A', 'b']], body: null, encoding: 'utf8' },
      timeoutMs: 5_000,
      deadlineMs: 60_000,
    });
    await scene.store.submit([run]);
    const { claims, now } = await scene.claim(worker);
    const stored = await scene.run(run.id);
    expect(only(claims)).toEqual({
      run: run.id,
      epoch: 1,
      job: 'work',
      key: 'k',
      trigger: 'http',
      input: '{"n":1}',
      args: ['x', 'y z'],
      request: { headers: [['A', 'b']], body: null, encoding: 'utf8' },
      attempt: 1,
      firstAttempt: 1,
      crashes: 0,
      generation: stored.generation,
      priority: 2,
      traceId: run.traceId,
      parent: null,
      root: run.id,
      scheduledAt: null,
      timeoutMs: 5_000,
      createdAt: stored.createdAt,
      deadlineAt: (stored.dueAt ?? 0) + 60_000,
      outputSeq: 0,
      outputBytes: 0,
      steps: 0,
      mail: 0,
    });
    expect(stored).toMatchObject({ state: 'running', epoch: 1, attempt: 1, node: 'vm-1', startedAt: now });
  });

  it('a deadline counts from the instant at which the run is due, without one there is none', async (scene) => {
    const worker = await scene.worker();
    expect((await scene.running(worker)).deadlineAt).toBe(null);
    const { run } = await scene.submit({ delayMs: 60, deadlineMs: 60_000 });
    await scene.pass(60);
    const claim = only((await scene.claim(worker)).claims);
    const { createdAt, dueAt } = await scene.run(run.id);
    expect({ dueAt, deadlineAt: claim.deadlineAt }).toEqual({ dueAt: createdAt + 60, deadlineAt: createdAt + 60_060 });
  });

  it('a run that is claimed is not claimed again', async (scene) => {
    const [a, b] = [await scene.worker(), await scene.worker()];
    const claim = await scene.running(a);
    expect(await scene.claimIds(b)).toEqual([]);
    expect(await scene.claimIds(a)).toEqual([]);
    await scene.recorded(a, ended(claim));
    expect(await scene.claimIds(b)).toEqual([]);
  });

  it('each claim of a run raises its epoch and keeps when it started', async (scene) => {
    const worker = await scene.worker();
    const first = await scene.running(worker);
    const { startedAt } = await scene.run(first.run);
    await scene.recorded(worker, handedBack(first));
    await scene.pass(30);
    const second = only((await scene.claim(worker)).claims);
    expect(second).toMatchObject({ run: first.run, epoch: first.epoch + 1, attempt: 1 });
    expect((await scene.run(first.run)).startedAt).toBe(startedAt);
  });

  it('a claim counts the steps recorded or begun, and the letters, of which those not consumed are given', async (scene) => {
    const worker = await scene.worker();
    const first = await scene.running(worker);
    await scene.store.ask([eventTo(first.run, 'one', '1'), eventTo(first.run, 'two', '2')]);
    const letters = only(await scene.inboxes(worker)).letters;
    await scene.recorded(
      worker,
      stepDone(first, 'one', { type: 'wait', consumes: at(letters, 0).n }),
      stepBegun(first, 'later', { asked: 1 }),
      handedBack(first),
    );
    const second = only((await scene.claim(worker)).claims);
    expect(second).toMatchObject({ steps: 2, mail: 2 });
    expect(await scene.letters(worker, second)).toEqual([at(letters, 1)]);
  });

  it('a higher priority goes first, then the earlier due, then the older run', async (scene) => {
    const worker = await scene.worker();
    const now = await scene.now();
    const order = [
      { priority: 5, dueAt: now - 10 },
      { priority: 5, dueAt: now - 5 },
      { priority: 0, dueAt: now - 1_000 },
      { priority: 0, dueAt: now - 500 },
      { priority: 0, dueAt: now - 500 },
      { priority: -5, dueAt: now - 9_000 },
    ].map((over) => newRun(over));
    const shuffled = [5, 3, 1, 4, 0, 2].map((index) => at(order, index));
    await scene.store.submit(shuffled);
    const ids = order.map(({ id }) => id);
    expect(await scene.claimIds(worker, { free: 2 })).toEqual(ids.slice(0, 2));
    expect(await scene.claimIds(worker)).toEqual(ids.slice(2));
  });

  it('a run is not claimed before it is due, and the claim says when that is', async (scene) => {
    const worker = await scene.worker();
    const { run } = await scene.submit({ delayMs: 3_600_000 });
    await scene.submit({ delayMs: 7_200_000 });
    const early = await scene.claim(worker);
    expect(early.claims).toEqual([]);
    expect(early.nextDueAt).toBe((await scene.run(run.id)).dueAt);
    const soon = await scene.submit({ delayMs: 200 });
    await scene.pass(200);
    expect(await scene.claimIds(worker)).toEqual([soon.run.id]);
  });

  it('without a run to come there is no next instant', async (scene) => {
    const worker = await scene.worker();
    await scene.submit({ job: 'other' });
    await scene.running(worker);
    expect((await scene.claim(worker)).nextDueAt).toBe(null);
  });

  it('a claim tells the time of the store', async (scene) => {
    const worker = await scene.worker();
    const before = await scene.now();
    const { now } = await scene.claim(worker);
    expect(now >= before && now <= (await scene.now())).toBe(true);
  });

  it('only the jobs that are named are claimed, as many runs as are wished', async (scene) => {
    const worker = await scene.worker();
    const mine = newRuns(3, { job: 'a' });
    await scene.store.submit([...mine, ...newRuns(3, { job: 'b' })]);
    expect(await scene.claimIds(worker, { jobs: ['a', 'z'], free: 2 })).toEqual(mine.slice(0, 2).map(({ id }) => id));
    expect(await scene.claimIds(worker, { jobs: ['a', 'z'], free: 9 })).toEqual(mine.slice(2).map(({ id }) => id));
  });

  it('without room, and without jobs, nothing is claimed', async (scene) => {
    const worker = await scene.worker();
    await scene.submit();
    expect(await scene.claimIds(worker, { free: 0 })).toEqual([]);
    expect(await scene.claimIds(worker, { jobs: [] })).toEqual([]);
    expect((await scene.claimIds(worker)).length).toBe(1);
  });

  it('a worker that is not enrolled, or is buried, gets nothing', async (scene) => {
    const buried = await scene.worker();
    await scene.bury(buried);
    await scene.submit();
    expect(await scene.claimIds('nobody')).toEqual([]);
    expect(await scene.claimIds(buried)).toEqual([]);
    expect((await scene.claimIds(await scene.worker())).length).toBe(1);
  });

  it('a tree restricts a claim to runs of these roots and their descendants', async (scene) => {
    const worker = await scene.worker();
    const [mine, also, foreign] = [newRun(), newRun(), newRun()];
    const child = childOf({ run: mine.id, root: mine.id });
    const grandchild = childOf({ run: child.id, root: mine.id });
    await scene.store.submit([mine, also, foreign, child, grandchild]);
    const claimed = async (tree: string[]): Promise<string[]> => await scene.claimIds(worker, { tree });
    expect(await claimed([])).toEqual([]);
    expect(await claimed([mine.id, also.id])).toEqual([mine.id, also.id, child.id, grandchild.id]);
    expect(await claimed([mine.id, also.id])).toEqual([]);
    expect(await claimed([foreign.id])).toEqual([foreign.id]);
  });

  it('a waiting run is claimed when its sleep is over, not before', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.recorded(worker, suspended(claim, { wakeInMs: 3_600_000 }));
    const early = await scene.claim(worker);
    expect(early.claims).toEqual([]);
    expect(early.nextDueAt).toBe((await scene.run(claim.run)).dueAt);
    const brief = await scene.running(worker);
    await scene.recorded(worker, suspended(brief, { wakeInMs: 200 }));
    await scene.pass(200);
    const again = only((await scene.claim(worker)).claims);
    expect(again).toMatchObject({ run: brief.run, epoch: brief.epoch + 1 });
    expect(await scene.run(brief.run)).toMatchObject({ state: 'running', waitingFor: [] });
  });

  it('a run that waits for a letter only is never due', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.recorded(worker, suspended(claim, { wakeInMs: null }));
    const { claims, nextDueAt } = await scene.claim(worker);
    expect({ claims, nextDueAt }).toEqual({ claims: [], nextDueAt: null });
    expect((await scene.run(claim.run)).dueAt).toBe(null);
  });

  it('1,000 runs are claimed once each by four workers at the same time over two handles', async (scene) => {
    const other = await scene.second();
    for (let batch = 0; batch < 4; batch++) await scene.store.submit(newRuns(250));
    const workers = await Promise.all([1, 2, 3, 4].map(() => scene.worker()));
    const takes = await Promise.all(
      workers.map(async (worker, n) => {
        const store = n % 2 ? other : scene.store;
        const taken: string[] = [];
        for (let idle = 0, number = 1; idle < 3; number++) {
          const { claims } = await store.claim({ number, worker, jobs: [termsOf('work')], free: 17, turn: 0 });
          if (claims.length === 0) idle += 1;
          taken.push(...claims.map(({ run }) => run));
        }
        return taken;
      }),
    );
    const all = takes.flat();
    expect(all.length).toBe(1_000);
    expect(new Set(all).size).toBe(1_000);
    const held = await Promise.all(workers.map((worker) => scene.held(worker)));
    expect(held.map((holds) => holds.length)).toEqual(takes.map((taken) => taken.length));
    expect((await scene.listAll({ states: ['queued'] })).length).toBe(0);
  });

  it('runs that are delayed do not keep those from going that are due', async (scene) => {
    const worker = await scene.worker();
    for (let batch = 0; batch < 4; batch++) {
      await scene.store.submit(newRuns(250, { delayMs: 3_600_000, priority: batch }));
    }
    const due = newRuns(5, { priority: 1 });
    await scene.store.submit(due);
    expect(await scene.claimIds(worker, { free: 10 })).toEqual(due.map(({ id }) => id));
  });
}
