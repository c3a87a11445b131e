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
} from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { at, only } from './harness/harness.ts';

export function aboutClaim({ it, expect }: Contract): void {
  it('a claim carries all that an attempt needs', async (harness) => {
    const worker = await harness.worker({ node: 'vm-1' });
    const run = newRun({
      key: 'k',
      trigger: 'http',
      priority: 2,
      args: ['x', 'y z'],
      request: { headers: [['A', 'b']], body: null, encoding: 'utf8' },
      timeoutMs: 5_000,
      deadlineMs: 60_000,
    });
    await harness.store.submit([run]);
    const { claims, now } = await harness.claim(worker);
    const stored = await harness.run(run.id);
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
      mailboxSeq: 0,
    });
    expect(stored).toMatchObject({ state: 'running', epoch: 1, attempt: 1, node: 'vm-1', startedAt: now });
  });

  it('a deadline counts from the instant at which the run is due, without one there is none', async (harness) => {
    const worker = await harness.worker();
    expect((await harness.running(worker)).deadlineAt).toBe(null);
    const { run } = await harness.submit({ delayMs: 60, deadlineMs: 60_000 });
    await harness.pass(60);
    const claim = only((await harness.claim(worker)).claims);
    const { createdAt, dueAt } = await harness.run(run.id);
    expect({ dueAt, deadlineAt: claim.deadlineAt }).toEqual({ dueAt: createdAt + 60, deadlineAt: createdAt + 60_060 });
  });

  it('a run that is claimed is not claimed again', async (harness) => {
    const [a, b] = [await harness.worker(), await harness.worker()];
    const claim = await harness.running(a);
    expect(await harness.claimIds(b)).toEqual([]);
    expect(await harness.claimIds(a)).toEqual([]);
    await harness.recorded(a, ended(claim));
    expect(await harness.claimIds(b)).toEqual([]);
  });

  it('each claim of a run raises its epoch and keeps when it started', async (harness) => {
    const worker = await harness.worker();
    const first = await harness.running(worker);
    const { startedAt } = await harness.run(first.run);
    await harness.recorded(worker, handedBack(first));
    await harness.pass(30);
    const second = only((await harness.claim(worker)).claims);
    expect(second).toMatchObject({ run: first.run, epoch: first.epoch + 1, attempt: 1 });
    expect((await harness.run(first.run)).startedAt).toBe(startedAt);
  });

  it('a claim counts the steps recorded or begun, and the mailbox items, of which those not consumed are given', async (harness) => {
    const worker = await harness.worker();
    const first = await harness.running(worker);
    await harness.store.act([eventTo(first.run, 'one', '1'), eventTo(first.run, 'two', '2')]);
    const items = only(await harness.inboxes(worker)).items;
    await harness.recorded(
      worker,
      stepDone(first, 'one', { type: 'wait', consumes: at(items, 0).n }),
      stepBegun(first, 'later', { firstSeq: 1 }),
      handedBack(first),
    );
    const second = only((await harness.claim(worker)).claims);
    expect(second).toMatchObject({ steps: 2, mailboxSeq: 2 });
    expect(await harness.items(worker, second)).toEqual([at(items, 1)]);
  });

  it('a higher priority goes first, then the earlier due, then the older run', async (harness) => {
    const worker = await harness.worker();
    const now = await harness.now();
    const order = [
      { priority: 5, dueAt: now - 10 },
      { priority: 5, dueAt: now - 5 },
      { priority: 0, dueAt: now - 1_000 },
      { priority: 0, dueAt: now - 500 },
      { priority: 0, dueAt: now - 500 },
      { priority: -5, dueAt: now - 9_000 },
    ].map((over) => newRun(over));
    const shuffled = [5, 3, 1, 4, 0, 2].map((index) => at(order, index));
    await harness.store.submit(shuffled);
    const ids = order.map(({ id }) => id);
    expect(await harness.claimIds(worker, { free: 2 })).toEqual(ids.slice(0, 2));
    expect(await harness.claimIds(worker)).toEqual(ids.slice(2));
  });

  it('a run is not claimed before it is due, and the claim says when that is', async (harness) => {
    const worker = await harness.worker();
    const { run } = await harness.submit({ delayMs: 3_600_000 });
    await harness.submit({ delayMs: 7_200_000 });
    const early = await harness.claim(worker);
    expect(early.claims).toEqual([]);
    expect(early.nextDueAt).toBe((await harness.run(run.id)).dueAt);
    const soon = await harness.submit({ delayMs: 200 });
    await harness.pass(200);
    expect(await harness.claimIds(worker)).toEqual([soon.run.id]);
  });

  it('without a run to come there is no next instant', async (harness) => {
    const worker = await harness.worker();
    await harness.submit({ job: 'other' });
    await harness.running(worker);
    expect((await harness.claim(worker)).nextDueAt).toBe(null);
  });

  it('a claim tells the time of the store', async (harness) => {
    const worker = await harness.worker();
    const before = await harness.now();
    const { now } = await harness.claim(worker);
    expect(now >= before && now <= (await harness.now())).toBe(true);
  });

  it('only the jobs that are named are claimed, as many runs as are wished', async (harness) => {
    const worker = await harness.worker();
    const mine = newRuns(3, { job: 'a' });
    await harness.store.submit([...mine, ...newRuns(3, { job: 'b' })]);
    expect(await harness.claimIds(worker, { jobs: ['a', 'z'], free: 2 })).toEqual(mine.slice(0, 2).map(({ id }) => id));
    expect(await harness.claimIds(worker, { jobs: ['a', 'z'], free: 9 })).toEqual(mine.slice(2).map(({ id }) => id));
  });

  it('without room, and without jobs, nothing is claimed', async (harness) => {
    const worker = await harness.worker();
    await harness.submit();
    expect(await harness.claimIds(worker, { free: 0 })).toEqual([]);
    expect(await harness.claimIds(worker, { jobs: [] })).toEqual([]);
    expect((await harness.claimIds(worker)).length).toBe(1);
  });

  it('a worker that is not registered, or is evicted, gets nothing', async (harness) => {
    const evicted = await harness.worker();
    await harness.evict(evicted);
    await harness.submit();
    expect(await harness.claimIds('nobody')).toEqual([]);
    expect(await harness.claimIds(evicted)).toEqual([]);
    expect((await harness.claimIds(await harness.worker())).length).toBe(1);
  });

  it('a tree restricts a claim to runs of these roots and their descendants', async (harness) => {
    const worker = await harness.worker();
    const [mine, also, foreign] = [newRun(), newRun(), newRun()];
    const child = childOf({ run: mine.id, root: mine.id });
    const grandchild = childOf({ run: child.id, root: mine.id });
    await harness.store.submit([mine, also, foreign, child, grandchild]);
    const claimed = async (tree: string[]): Promise<string[]> => await harness.claimIds(worker, { tree });
    expect(await claimed([])).toEqual([]);
    expect(await claimed([mine.id, also.id])).toEqual([mine.id, also.id, child.id, grandchild.id]);
    expect(await claimed([mine.id, also.id])).toEqual([]);
    expect(await claimed([foreign.id])).toEqual([foreign.id]);
  });

  it('a waiting run is claimed when its sleep is over, not before', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.recorded(worker, suspended(claim, { wakeInMs: 3_600_000 }));
    const early = await harness.claim(worker);
    expect(early.claims).toEqual([]);
    expect(early.nextDueAt).toBe((await harness.run(claim.run)).dueAt);
    const brief = await harness.running(worker);
    await harness.recorded(worker, suspended(brief, { wakeInMs: 200 }));
    await harness.pass(200);
    const again = only((await harness.claim(worker)).claims);
    expect(again).toMatchObject({ run: brief.run, epoch: brief.epoch + 1 });
    expect(await harness.run(brief.run)).toMatchObject({ state: 'running', waitingFor: [] });
  });

  it('a run that waits for a mailbox item only is never due', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.recorded(worker, suspended(claim, { wakeInMs: null }));
    const { claims, nextDueAt } = await harness.claim(worker);
    expect({ claims, nextDueAt }).toEqual({ claims: [], nextDueAt: null });
    expect((await harness.run(claim.run)).dueAt).toBe(null);
  });

  it('1,000 runs are claimed once each by four workers at the same time over two handles', async (harness) => {
    const other = await harness.second();
    for (let batch = 0; batch < 4; batch++) await harness.store.submit(newRuns(250));
    const workers = await Promise.all([1, 2, 3, 4].map(() => harness.worker()));
    const takes = await Promise.all(
      workers.map(async (worker, n) => {
        const store = n % 2 ? other : harness.store;
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
    const held = await Promise.all(workers.map((worker) => harness.held(worker)));
    expect(held.map((holds) => holds.length)).toEqual(takes.map((taken) => taken.length));
    expect((await harness.listAll({ states: ['queued'] })).length).toBe(0);
  });

  it('runs that are delayed do not keep those from going that are due', async (harness) => {
    const worker = await harness.worker();
    for (let batch = 0; batch < 4; batch++) {
      await harness.store.submit(newRuns(250, { delayMs: 3_600_000, priority: batch }));
    }
    const due = newRuns(5, { priority: 1 });
    await harness.store.submit(due);
    expect(await harness.claimIds(worker, { free: 10 })).toEqual(due.map(({ id }) => id));
  });
}
