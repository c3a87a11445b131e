import type { Entry } from '../../ports/store-entry.ts';
import type { Hold } from '../../ports/store-claim.ts';
import { childOf, ended, handedBack, newRun, stepBegun, stepDone, suspended } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { at } from './harness/harness.ts';

export function aboutFence({ it, expect }: Contract): void {
  it('another worker, an earlier or later epoch and a run that does not exist are refused as stale', async (harness) => {
    const [worker, other] = [await harness.worker(), await harness.worker()];
    const claim = await harness.running(worker);
    const before = await harness.run(claim.run);
    for (const entry of kinds) {
      const { run, epoch } = claim;
      expect(await harness.record(other, entry({ run, epoch }))).toEqual(['stale']);
      expect(await harness.record(worker, entry({ run, epoch: epoch - 1 }))).toEqual(['stale']);
      expect(await harness.record(worker, entry({ run, epoch: epoch + 1 }))).toEqual(['stale']);
      expect(await harness.record(worker, entry({ run: newRun().id, epoch }))).toEqual(['stale']);
    }
    expect(await harness.run(claim.run)).toEqual(before);
    expect(await harness.steps(claim.run)).toEqual([]);
  });

  it('an evicted worker is refused every write, and nothing of it is there', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.evict(worker);
    const before = await harness.run(claim.run);
    for (const entry of kinds) expect(await harness.record(worker, entry(claim))).toEqual(['stale']);
    expect(await harness.run(claim.run)).toEqual(before);
    expect(await harness.steps(claim.run)).toEqual([]);
  });

  it('who lost a run does not write beside its new owner', async (harness) => {
    const [old, young] = [await harness.worker(), await harness.worker()];
    const lost = await harness.running(old);
    await harness.evict(old);
    const [claim] = (await harness.claim(young)).claims;
    const child = childOf(lost);
    expect(
      await harness.record(old, stepDone(lost, 'a', { output: '"old"' }), stepBegun(lost, 'b', { child }), ended(lost)),
    ).toEqual(['stale', 'stale', 'stale']);
    expect(await harness.find(child.id)).toBe(null);
    expect(await harness.record(young, stepDone(claim ?? lost, 'a', { output: '"young"' }))).toEqual(['ok']);
    expect((await harness.steps(lost.run)).map(({ output }) => output)).toEqual(['"young"']);
  });

  it('in one group the entries that hold are written and the others are not', async (harness) => {
    const [worker, other] = [await harness.worker(), await harness.worker()];
    const [mine, foreign, also] = [
      await harness.running(worker),
      await harness.running(other),
      await harness.running(worker),
    ];
    const verdicts = await harness.record(
      worker,
      stepDone(mine, 'a'),
      stepDone(foreign, 'a'),
      ended(foreign),
      ended(mine),
      ended({ run: also.run, epoch: 9 }),
      stepDone(also, 'a'),
    );
    expect(verdicts).toEqual(['ok', 'stale', 'stale', 'ok', 'stale', 'ok']);
    expect(await harness.state(mine.run)).toBe('succeeded');
    expect(await harness.state(foreign.run)).toBe('running');
    expect(await harness.steps(foreign.run)).toEqual([]);
    expect(await harness.state(also.run)).toBe('running');
  });

  it('no entries are answered with no verdicts', async (harness) => {
    expect(await harness.record(await harness.worker())).toEqual([]);
  });

  it('a group of 1,000 entries is answered entry by entry, in order', async (harness) => {
    const worker = await harness.worker();
    const runs = Array.from({ length: 250 }, () => newRun({ holder: worker }));
    await harness.store.submit(runs);
    const entries = runs.flatMap(({ id }, n): Entry[] => {
      const hold = { run: id, epoch: n % 5 === 0 ? 7 : 1 };
      return [
        stepDone(hold, 'a'),
        stepDone(hold, 'b', { firstSeq: 1 }),
        stepDone(hold, 'c', { firstSeq: 2 }),
        ended(hold),
      ];
    });
    const verdicts = await harness.record(worker, ...entries);
    expect(verdicts).toEqual(entries.map(({ epoch }) => (epoch === 1 ? 'ok' : 'stale')));
    expect((await harness.listAll({ states: ['succeeded'] })).length).toBe(200);
    expect((await harness.held(worker)).length).toBe(50);
  });

  it('two groups that name the same runs in opposite orders both settle', async (harness) => {
    const other = await harness.second();
    const workers = [await harness.worker(), await harness.worker()];
    for (let round = 0; round < 10; round++) {
      const runs = Array.from({ length: 20 }, (_, n) => newRun({ holder: at(workers, n % 2) }));
      await harness.store.submit(runs);
      const entries = runs.map(({ id }) => ended({ run: id, epoch: 1 }));
      const [a, b] = await Promise.all([
        harness.store.record({ worker: at(workers, 0), entries }),
        other.record({ worker: at(workers, 1), entries: entries.toReversed() }),
      ]);
      // The one who comes second may find the other's run ended with the very outcome it sends: also ok.
      expect(a.filter((_, n) => n % 2 === 0)).toEqual(Array.from({ length: 10 }, () => 'ok'));
      expect(b.toReversed().filter((_, n) => n % 2 === 1)).toEqual(Array.from({ length: 10 }, () => 'ok'));
      const states = await harness.store.get(runs.map(({ id }) => id));
      expect(new Set(states.map((run) => run?.state))).toEqual(new Set(['succeeded']));
    }
  });
}

/** One entry of each kind. */
const kinds: readonly ((hold: Hold) => Entry)[] = [
  (hold) => stepDone(hold, 'step'),
  (hold) => stepBegun(hold, 'begun'),
  (hold) => suspended(hold),
  (hold) => handedBack(hold),
  (hold) => ended(hold),
];
