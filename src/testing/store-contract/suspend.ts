import { childOf, ended, eventTo, handedBack, newRun, stepBegun, stepDone, suspended } from './builders.ts';
import type { Contract } from './contract.ts';
import { only } from './scene.ts';

export function aboutSuspend({ it, expect }: Contract): void {
  it('a parked run waits, is held by nobody and says what it waits for', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const entry = suspended(claim, { waitingFor: ['event approved', '睡到 12:00'] });
    expect(await scene.record(worker, entry)).toEqual(['ok']);
    expect(await scene.run(claim.run)).toMatchObject({
      state: 'waiting',
      waitingFor: ['event approved', '睡到 12:00'],
      dueAt: null,
      epoch: claim.epoch,
    });
    expect(await scene.held(worker)).toEqual([]);
  });

  it('a parked run wakes so long after the time of the store', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const before = await scene.now();
    await scene.recorded(worker, suspended(claim, { wakeInMs: 60_000 }));
    const { dueAt } = await scene.run(claim.run);
    expect(dueAt !== null && dueAt >= before + 60_000 && dueAt <= (await scene.now()) + 60_000).toBe(true);
  });

  it('a delay may have a fraction of a millisecond: with jitter it has', async (scene) => {
    const worker = await scene.worker();
    const [parked, tried, givenBack] = [
      await scene.running(worker),
      await scene.running(worker),
      await scene.running(worker),
    ];
    expect(
      await scene.record(
        worker,
        suspended(parked, { wakeInMs: 60_000.25 }),
        stepBegun(tried, 'a', { tries: 1, resumeInMs: 60_000.25 }),
        handedBack(givenBack, { delayMs: 60_000.25 }),
      ),
    ).toEqual(['ok', 'ok', 'ok']);
    expect(await scene.state(parked.run)).toBe('waiting');
    expect(await scene.state(givenBack.run)).toBe('queued');
    expect(only(await scene.steps(tried.run)).resumeAt === null).toBe(false);
  });

  it('parking sets the crashes of the run to 0', async (scene) => {
    const [first, second] = [await scene.worker(), await scene.worker()];
    const { run } = await scene.running(first);
    await scene.bury(first);
    await scene.recorded(second, suspended(only((await scene.claim(second)).claims)));
    expect((await scene.run(run)).crashes).toBe(0);
  });

  it('a parking sent again is ok, also after a letter has queued the run', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const entry = suspended(claim);
    expect(await scene.record(worker, entry)).toEqual(['ok']);
    const before = await scene.run(claim.run);
    expect(await scene.record(worker, entry)).toEqual(['ok']);
    expect(await scene.run(claim.run)).toEqual(before);
    await scene.ask(eventTo(claim.run, 'go'));
    expect(await scene.record(worker, entry)).toEqual(['ok']);
    expect(await scene.state(claim.run)).toBe('queued');
  });

  it('a parking sent again after another claim is stale', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const entry = suspended(claim, { wakeInMs: 0 });
    await scene.recorded(worker, entry);
    expect(await scene.claimIds(worker)).toEqual([claim.run]);
    expect(await scene.record(worker, entry)).toEqual(['stale']);
    expect(await scene.state(claim.run)).toBe('running');
  });

  it('a run with mail that its attempt has not seen does not wait: it is queued, due now', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.ask(eventTo(claim.run, 'go'));
    const before = await scene.now();
    const entry = suspended(claim, { mail: claim.mail, wakeInMs: 3_600_000 });
    expect(await scene.record(worker, entry)).toEqual(['ok']);
    const queued = await scene.run(claim.run);
    expect(queued).toMatchObject({ state: 'queued', epoch: claim.epoch, waitingFor: [] });
    expect(queued.dueAt !== null && queued.dueAt >= before && queued.dueAt <= (await scene.now())).toBe(true);
    expect(await scene.held(worker)).toEqual([]);
    expect(await scene.record(worker, entry)).toEqual(['ok']);
    expect(await scene.run(claim.run)).toEqual(queued);
    const again = only((await scene.claim(worker)).claims);
    expect((await scene.letters(worker, again)).map(({ name }) => name)).toEqual(['go']);
    expect(await scene.record(worker, suspended(again, { mail: again.mail }))).toEqual(['ok']);
    expect(await scene.state(claim.run)).toBe('waiting');
  });

  it('steps of the same group are recorded though the run does not wait', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.ask(eventTo(claim.run, 'go'));
    const entries = [stepDone(claim, 'a'), stepBegun(claim, 'b', { asked: 1 }), suspended(claim)];
    expect(await scene.record(worker, ...entries)).toEqual(['ok', 'ok', 'ok']);
    expect(await scene.state(claim.run)).toBe('queued');
    expect((await scene.steps(claim.run)).map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('a letter to a parked run makes it due now, in its old place, with the letter for its claim', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.recorded(worker, suspended(claim, { wakeInMs: 3_600_000 }));
    const before = await scene.now();
    await scene.ask(eventTo(claim.run, 'approved', '{"by":"bob"}'));
    const woken = await scene.run(claim.run);
    expect(woken).toMatchObject({ state: 'queued', epoch: claim.epoch });
    expect(woken.dueAt !== null && woken.dueAt >= before && woken.dueAt <= (await scene.now())).toBe(true);
    const again = only((await scene.claim(worker)).claims);
    expect(again.mail).toBe(1);
    expect(only(await scene.letters(worker, again))).toMatchObject({
      kind: 'event',
      name: 'approved',
      data: '{"by":"bob"}',
    });
  });

  it('the end of a child wakes its parked parent with a letter that names the child', async (scene) => {
    const [mother, worker] = [await scene.worker(), await scene.worker()];
    const parent = await scene.running(mother);
    const child = childOf(parent, { job: 'child' });
    await scene.recorded(mother, stepBegun(parent, 'c', { type: 'child', child }), suspended(parent));
    const taken = only((await scene.claim(worker, { jobs: ['child'] })).claims);
    await scene.recorded(worker, ended(taken));
    expect(await scene.state(parent.run)).toBe('queued');
    const again = only((await scene.claim(mother)).claims);
    expect(again.run).toBe(parent.run);
    expect(only(await scene.letters(mother, again))).toMatchObject({ kind: 'child', name: child.id, data: null });
  });

  it('a child that ends while its parent runs leaves a letter, so that the parent does not park', async (scene) => {
    const worker = await scene.worker();
    const parent = await scene.running(worker);
    const child = childOf(parent, { holder: worker });
    await scene.recorded(worker, stepBegun(parent, 'c', { type: 'child', child }));
    await scene.recorded(worker, ended({ run: child.id, epoch: 1 }));
    await scene.recorded(worker, suspended(parent, { mail: parent.mail }));
    const again = only((await scene.claim(worker)).claims);
    expect(only(await scene.letters(worker, again))).toMatchObject({ kind: 'child', name: child.id });
  });

  it('a child that ends in the group in which its parent parks wakes it, in either order', async (scene) => {
    const worker = await scene.worker();
    for (const childFirst of [true, false]) {
      const parent = await scene.running(worker);
      const child = childOf(parent, { holder: worker });
      await scene.recorded(worker, stepBegun(parent, 'c', { type: 'child', child }));
      const outcome = ended({ run: child.id, epoch: 1 });
      await scene.recorded(worker, ...(childFirst ? [outcome, suspended(parent)] : [suspended(parent), outcome]));
      const again = only((await scene.claim(worker)).claims);
      expect(again).toMatchObject({ run: parent.run, mail: 1 });
      await scene.recorded(worker, ended(again));
    }
  });

  it('a child and its parent that end in one group have both ended', async (scene) => {
    const worker = await scene.worker();
    for (const childFirst of [true, false]) {
      const parent = await scene.running(worker);
      const child = childOf(parent, { holder: worker });
      await scene.recorded(worker, stepBegun(parent, 'c', { type: 'child', child }));
      const outcomes = [ended({ run: child.id, epoch: 1 }), ended(parent)];
      expect(await scene.record(worker, ...(childFirst ? outcomes : outcomes.toReversed()))).toEqual(['ok', 'ok']);
      expect(await scene.state(child.id)).toBe('succeeded');
      expect(await scene.state(parent.run)).toBe('succeeded');
    }
  });

  it('several children that end in one group each leave a letter', async (scene) => {
    const worker = await scene.worker();
    const parent = await scene.running(worker);
    const children = Array.from({ length: 5 }, () => childOf(parent, { holder: worker }));
    await scene.recorded(
      worker,
      ...children.map((child, asked) => stepBegun(parent, `c${asked}`, { type: 'child', child, asked })),
      suspended(parent),
    );
    await scene.recorded(worker, ...children.map(({ id }) => ended({ run: id, epoch: 1 })));
    const again = only((await scene.claim(worker)).claims);
    expect(again.mail).toBe(5);
    const letters = await scene.letters(worker, again);
    expect(letters.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5]);
    expect(letters.map(({ name }) => name).toSorted()).toEqual(children.map(({ id }) => id).toSorted());
  });

  it('an event at the very time of the parking is never lost', async (scene) => {
    const other = await scene.second();
    const worker = await scene.worker();
    for (let round = 0; round < 60; round++) {
      const claim = await scene.running(worker);
      const park = scene.store.record.bind(scene.store, { worker, entries: [suspended(claim)] });
      const send = other.ask.bind(other, [eventTo(claim.run, 'go', `${round}`)]);
      const [verdicts] =
        round % 2 === 0 ? await Promise.all([park(), send()]) : await Promise.all([send(), park()]).then(swapped);
      const state = await scene.state(claim.run);
      expect({ verdict: only(verdicts), state }).toEqual({ verdict: 'ok', state: 'queued' });
      const again = only((await scene.claim(worker)).claims);
      expect(only(await scene.letters(worker, again))).toMatchObject({ kind: 'event', name: 'go', data: `${round}` });
      await scene.recorded(worker, ended(again));
    }
  });

  it('a child that ends at the very time of the parking of its parent is never lost', async (scene) => {
    const other = await scene.second();
    const [mother, nurse] = [await scene.worker(), await scene.worker()];
    for (let round = 0; round < 60; round++) {
      const parent = await scene.running(mother);
      const child = childOf(parent, { holder: nurse });
      await scene.recorded(mother, stepBegun(parent, 'c', { type: 'child', child }));
      const park = scene.store.record.bind(scene.store, { worker: mother, entries: [suspended(parent)] });
      const end = other.record.bind(other, { worker: nurse, entries: [ended({ run: child.id, epoch: 1 })] });
      const [verdicts, ends] =
        round % 2 === 0 ? await Promise.all([park(), end()]) : await Promise.all([end(), park()]).then(swapped);
      expect([...verdicts, ...ends]).toEqual(['ok', 'ok']);
      const again = only((await scene.claim(mother)).claims);
      expect(only(await scene.letters(mother, again))).toMatchObject({ kind: 'child', name: child.id });
      await scene.recorded(mother, ended(again));
    }
  });

  it('many parents and children that end and park in crossing groups all settle', async (scene) => {
    const other = await scene.second();
    const [a, b] = [await scene.worker(), await scene.worker()];
    const parents = Array.from({ length: 20 }, (_, n) => newRun({ holder: n % 2 ? a : b }));
    await scene.store.submit(parents);
    const children = parents.map(({ id }, n) => childOf({ run: id, root: id }, { holder: n % 2 ? b : a }));
    await scene.store.submit(children);
    const groupOf = (odd: number) => [
      ...parents.filter((_, n) => n % 2 === odd).map(({ id }) => suspended({ run: id, epoch: 1 })),
      ...children.filter((_, n) => n % 2 !== odd).map(({ id }) => ended({ run: id, epoch: 1 })),
    ];
    const [first, second] = await Promise.all([
      scene.store.record({ worker: a, entries: groupOf(1) }),
      other.record({ worker: b, entries: groupOf(0).toReversed() }),
    ]);
    expect(new Set([...first, ...second])).toEqual(new Set(['ok']));
    const found = await scene.store.get(parents.map(({ id }) => id));
    expect(new Set(found.map((run) => run?.state))).toEqual(new Set(['queued']));
  });
}

function swapped<A, B>([a, b]: [A, B]): [B, A] {
  return [b, a];
}
