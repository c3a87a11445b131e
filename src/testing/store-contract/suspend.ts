import { childOf, ended, eventTo, handedBack, newRun, stepBegun, stepDone, suspended } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { only } from './harness/harness.ts';

export function aboutSuspend({ it, expect }: Contract): void {
  it('a parked run waits, is held by nobody and says what it waits for', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const entry = suspended(claim, { waitingFor: ['event approved', '睡到 12:00'] });
    expect(await harness.record(worker, entry)).toEqual(['ok']);
    expect(await harness.run(claim.run)).toMatchObject({
      state: 'waiting',
      waitingFor: ['event approved', '睡到 12:00'],
      dueAt: null,
      epoch: claim.epoch,
    });
    expect(await harness.held(worker)).toEqual([]);
  });

  it('a parked run wakes so long after the time of the store', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const before = await harness.now();
    await harness.recorded(worker, suspended(claim, { wakeInMs: 60_000 }));
    const { dueAt } = await harness.run(claim.run);
    expect(dueAt !== null && dueAt >= before + 60_000 && dueAt <= (await harness.now()) + 60_000).toBe(true);
  });

  it('a delay may have a fraction of a millisecond: with jitter it has', async (harness) => {
    const worker = await harness.worker();
    const [parked, tried, givenBack] = [
      await harness.running(worker),
      await harness.running(worker),
      await harness.running(worker),
    ];
    expect(
      await harness.record(
        worker,
        suspended(parked, { wakeInMs: 60_000.25 }),
        stepBegun(tried, 'a', { tries: 1, resumeInMs: 60_000.25 }),
        handedBack(givenBack, { delayMs: 60_000.25 }),
      ),
    ).toEqual(['ok', 'ok', 'ok']);
    expect(await harness.state(parked.run)).toBe('waiting');
    expect(await harness.state(givenBack.run)).toBe('queued');
    expect(only(await harness.steps(tried.run)).resumeAt === null).toBe(false);
  });

  it('parking sets the crashes of the run to 0', async (harness) => {
    const [first, second] = [await harness.worker(), await harness.worker()];
    const { run } = await harness.running(first);
    await harness.evict(first);
    await harness.recorded(second, suspended(only((await harness.claim(second)).claims)));
    expect((await harness.run(run)).crashes).toBe(0);
  });

  it('a parking sent again is ok, also after a mailbox item has queued the run', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const entry = suspended(claim);
    expect(await harness.record(worker, entry)).toEqual(['ok']);
    const before = await harness.run(claim.run);
    expect(await harness.record(worker, entry)).toEqual(['ok']);
    expect(await harness.run(claim.run)).toEqual(before);
    await harness.act(eventTo(claim.run, 'go'));
    expect(await harness.record(worker, entry)).toEqual(['ok']);
    expect(await harness.state(claim.run)).toBe('queued');
  });

  it('a parking sent again after another claim is stale', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const entry = suspended(claim, { wakeInMs: 0 });
    await harness.recorded(worker, entry);
    expect(await harness.claimIds(worker)).toEqual([claim.run]);
    expect(await harness.record(worker, entry)).toEqual(['stale']);
    expect(await harness.state(claim.run)).toBe('running');
  });

  it('a run with mail that its attempt has not seen does not wait: it is queued, due now', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.act(eventTo(claim.run, 'go'));
    const before = await harness.now();
    const entry = suspended(claim, { mailboxSeq: claim.mailboxSeq, wakeInMs: 3_600_000 });
    expect(await harness.record(worker, entry)).toEqual(['ok']);
    const queued = await harness.run(claim.run);
    expect(queued).toMatchObject({ state: 'queued', epoch: claim.epoch, waitingFor: [] });
    expect(queued.dueAt !== null && queued.dueAt >= before && queued.dueAt <= (await harness.now())).toBe(true);
    expect(await harness.held(worker)).toEqual([]);
    expect(await harness.record(worker, entry)).toEqual(['ok']);
    expect(await harness.run(claim.run)).toEqual(queued);
    const again = only((await harness.claim(worker)).claims);
    expect((await harness.items(worker, again)).map(({ name }) => name)).toEqual(['go']);
    expect(await harness.record(worker, suspended(again, { mailboxSeq: again.mailboxSeq }))).toEqual(['ok']);
    expect(await harness.state(claim.run)).toBe('waiting');
  });

  it('steps of the same group are recorded though the run does not wait', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.act(eventTo(claim.run, 'go'));
    const entries = [stepDone(claim, 'a'), stepBegun(claim, 'b', { firstSeq: 1 }), suspended(claim)];
    expect(await harness.record(worker, ...entries)).toEqual(['ok', 'ok', 'ok']);
    expect(await harness.state(claim.run)).toBe('queued');
    expect((await harness.steps(claim.run)).map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('a mailbox item to a parked run makes it due now, in its old place, with the mailbox item for its claim', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.recorded(worker, suspended(claim, { wakeInMs: 3_600_000 }));
    const before = await harness.now();
    await harness.act(eventTo(claim.run, 'approved', '{"by":"bob"}'));
    const woken = await harness.run(claim.run);
    expect(woken).toMatchObject({ state: 'queued', epoch: claim.epoch });
    expect(woken.dueAt !== null && woken.dueAt >= before && woken.dueAt <= (await harness.now())).toBe(true);
    const again = only((await harness.claim(worker)).claims);
    expect(again.mailboxSeq).toBe(1);
    expect(only(await harness.items(worker, again))).toMatchObject({
      kind: 'event',
      name: 'approved',
      data: '{"by":"bob"}',
    });
  });

  it('the end of a child wakes its parked parent with a mailbox item that names the child', async (harness) => {
    const [mother, worker] = [await harness.worker(), await harness.worker()];
    const parent = await harness.running(mother);
    const child = childOf(parent, { job: 'child' });
    await harness.recorded(mother, stepBegun(parent, 'c', { type: 'child', child }), suspended(parent));
    const taken = only((await harness.claim(worker, { jobs: ['child'] })).claims);
    await harness.recorded(worker, ended(taken));
    expect(await harness.state(parent.run)).toBe('queued');
    const again = only((await harness.claim(mother)).claims);
    expect(again.run).toBe(parent.run);
    expect(only(await harness.items(mother, again))).toMatchObject({ kind: 'child', name: child.id, data: null });
  });

  it('a child that ends while its parent runs leaves a mailbox item, so that the parent does not park', async (harness) => {
    const worker = await harness.worker();
    const parent = await harness.running(worker);
    const child = childOf(parent, { holder: worker });
    await harness.recorded(worker, stepBegun(parent, 'c', { type: 'child', child }));
    await harness.recorded(worker, ended({ run: child.id, epoch: 1 }));
    await harness.recorded(worker, suspended(parent, { mailboxSeq: parent.mailboxSeq }));
    const again = only((await harness.claim(worker)).claims);
    expect(only(await harness.items(worker, again))).toMatchObject({ kind: 'child', name: child.id });
  });

  it('a child that ends in the group in which its parent parks wakes it, in either order', async (harness) => {
    const worker = await harness.worker();
    for (const childFirst of [true, false]) {
      const parent = await harness.running(worker);
      const child = childOf(parent, { holder: worker });
      await harness.recorded(worker, stepBegun(parent, 'c', { type: 'child', child }));
      const outcome = ended({ run: child.id, epoch: 1 });
      await harness.recorded(worker, ...(childFirst ? [outcome, suspended(parent)] : [suspended(parent), outcome]));
      const again = only((await harness.claim(worker)).claims);
      expect(again).toMatchObject({ run: parent.run, mailboxSeq: 1 });
      await harness.recorded(worker, ended(again));
    }
  });

  it('a child and its parent that end in one group have both ended', async (harness) => {
    const worker = await harness.worker();
    for (const childFirst of [true, false]) {
      const parent = await harness.running(worker);
      const child = childOf(parent, { holder: worker });
      await harness.recorded(worker, stepBegun(parent, 'c', { type: 'child', child }));
      const outcomes = [ended({ run: child.id, epoch: 1 }), ended(parent)];
      expect(await harness.record(worker, ...(childFirst ? outcomes : outcomes.toReversed()))).toEqual(['ok', 'ok']);
      expect(await harness.state(child.id)).toBe('succeeded');
      expect(await harness.state(parent.run)).toBe('succeeded');
    }
  });

  it('several children that end in one group each leave a mailbox item', async (harness) => {
    const worker = await harness.worker();
    const parent = await harness.running(worker);
    const children = Array.from({ length: 5 }, () => childOf(parent, { holder: worker }));
    await harness.recorded(
      worker,
      ...children.map((child, firstSeq) => stepBegun(parent, `c${firstSeq}`, { type: 'child', child, firstSeq })),
      suspended(parent),
    );
    await harness.recorded(worker, ...children.map(({ id }) => ended({ run: id, epoch: 1 })));
    const again = only((await harness.claim(worker)).claims);
    expect(again.mailboxSeq).toBe(5);
    const items = await harness.items(worker, again);
    expect(items.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5]);
    expect(items.map(({ name }) => name).toSorted()).toEqual(children.map(({ id }) => id).toSorted());
  });

  it('an event at the very time of the parking is never lost', async (harness) => {
    const other = await harness.second();
    const worker = await harness.worker();
    for (let round = 0; round < 60; round++) {
      const claim = await harness.running(worker);
      const park = harness.store.record.bind(harness.store, { worker, entries: [suspended(claim)] });
      const send = other.act.bind(other, [eventTo(claim.run, 'go', `${round}`)]);
      const [verdicts] =
        round % 2 === 0 ? await Promise.all([park(), send()]) : await Promise.all([send(), park()]).then(swapped);
      const state = await harness.state(claim.run);
      expect({ verdict: only(verdicts), state }).toEqual({ verdict: 'ok', state: 'queued' });
      const again = only((await harness.claim(worker)).claims);
      expect(only(await harness.items(worker, again))).toMatchObject({ kind: 'event', name: 'go', data: `${round}` });
      await harness.recorded(worker, ended(again));
    }
  });

  it('a child that ends at the very time of the parking of its parent is never lost', async (harness) => {
    const other = await harness.second();
    const [mother, nurse] = [await harness.worker(), await harness.worker()];
    for (let round = 0; round < 60; round++) {
      const parent = await harness.running(mother);
      const child = childOf(parent, { holder: nurse });
      await harness.recorded(mother, stepBegun(parent, 'c', { type: 'child', child }));
      const park = harness.store.record.bind(harness.store, { worker: mother, entries: [suspended(parent)] });
      const end = other.record.bind(other, { worker: nurse, entries: [ended({ run: child.id, epoch: 1 })] });
      const [verdicts, ends] =
        round % 2 === 0 ? await Promise.all([park(), end()]) : await Promise.all([end(), park()]).then(swapped);
      expect([...verdicts, ...ends]).toEqual(['ok', 'ok']);
      const again = only((await harness.claim(mother)).claims);
      expect(only(await harness.items(mother, again))).toMatchObject({ kind: 'child', name: child.id });
      await harness.recorded(mother, ended(again));
    }
  });

  it('many parents and children that end and park in crossing groups all settle', async (harness) => {
    const other = await harness.second();
    const [a, b] = [await harness.worker(), await harness.worker()];
    const parents = Array.from({ length: 20 }, (_, n) => newRun({ holder: n % 2 ? a : b }));
    await harness.store.submit(parents);
    const children = parents.map(({ id }, n) => childOf({ run: id, root: id }, { holder: n % 2 ? b : a }));
    await harness.store.submit(children);
    const groupOf = (odd: number) => [
      ...parents.filter((_, n) => n % 2 === odd).map(({ id }) => suspended({ run: id, epoch: 1 })),
      ...children.filter((_, n) => n % 2 !== odd).map(({ id }) => ended({ run: id, epoch: 1 })),
    ];
    const [first, second] = await Promise.all([
      harness.store.record({ worker: a, entries: groupOf(1) }),
      other.record({ worker: b, entries: groupOf(0).toReversed() }),
    ]);
    expect(new Set([...first, ...second])).toEqual(new Set(['ok']));
    const found = await harness.store.get(parents.map(({ id }) => id));
    expect(new Set(found.map((run) => run?.state))).toEqual(new Set(['queued']));
  });
}

function swapped<A, B>([a, b]: [A, B]): [B, A] {
  return [b, a];
}
