import type { Entry } from '../../ports/store-entry.ts';
import type { Hold } from '../../ports/store-claim.ts';
import { childOf, ended, handedBack, newRun, stepBegun, stepDone, suspended } from './builders.ts';
import type { Contract } from './contract.ts';
import { at } from './scene.ts';

export function aboutFence({ it, expect }: Contract): void {
  it('another worker, an earlier or later epoch and a run that does not exist are refused as stale', async (scene) => {
    const [worker, other] = [await scene.worker(), await scene.worker()];
    const claim = await scene.running(worker);
    const before = await scene.run(claim.run);
    for (const entry of kinds) {
      const { run, epoch } = claim;
      expect(await scene.record(other, entry({ run, epoch }))).toEqual(['stale']);
      expect(await scene.record(worker, entry({ run, epoch: epoch - 1 }))).toEqual(['stale']);
      expect(await scene.record(worker, entry({ run, epoch: epoch + 1 }))).toEqual(['stale']);
      expect(await scene.record(worker, entry({ run: newRun().id, epoch }))).toEqual(['stale']);
    }
    expect(await scene.run(claim.run)).toEqual(before);
    expect(await scene.steps(claim.run)).toEqual([]);
  });

  it('a buried worker is refused every write, and nothing of it is there', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.bury(worker);
    const before = await scene.run(claim.run);
    for (const entry of kinds) expect(await scene.record(worker, entry(claim))).toEqual(['stale']);
    expect(await scene.run(claim.run)).toEqual(before);
    expect(await scene.steps(claim.run)).toEqual([]);
  });

  it('who lost a run does not write beside its new owner', async (scene) => {
    const [old, young] = [await scene.worker(), await scene.worker()];
    const lost = await scene.running(old);
    await scene.bury(old);
    const [claim] = (await scene.claim(young)).claims;
    const child = childOf(lost);
    expect(
      await scene.record(old, stepDone(lost, 'a', { output: '"old"' }), stepBegun(lost, 'b', { child }), ended(lost)),
    ).toEqual(['stale', 'stale', 'stale']);
    expect(await scene.find(child.id)).toBe(null);
    expect(await scene.record(young, stepDone(claim ?? lost, 'a', { output: '"young"' }))).toEqual(['ok']);
    expect((await scene.steps(lost.run)).map(({ output }) => output)).toEqual(['"young"']);
  });

  it('in one group the entries that hold are written and the others are not', async (scene) => {
    const [worker, other] = [await scene.worker(), await scene.worker()];
    const [mine, foreign, also] = [
      await scene.running(worker),
      await scene.running(other),
      await scene.running(worker),
    ];
    const verdicts = await scene.record(
      worker,
      stepDone(mine, 'a'),
      stepDone(foreign, 'a'),
      ended(foreign),
      ended(mine),
      ended({ run: also.run, epoch: 9 }),
      stepDone(also, 'a'),
    );
    expect(verdicts).toEqual(['ok', 'stale', 'stale', 'ok', 'stale', 'ok']);
    expect(await scene.state(mine.run)).toBe('succeeded');
    expect(await scene.state(foreign.run)).toBe('running');
    expect(await scene.steps(foreign.run)).toEqual([]);
    expect(await scene.state(also.run)).toBe('running');
  });

  it('no entries are answered with no verdicts', async (scene) => {
    expect(await scene.record(await scene.worker())).toEqual([]);
  });

  it('a group of 1,000 entries is answered entry by entry, in order', async (scene) => {
    const worker = await scene.worker();
    const runs = Array.from({ length: 250 }, () => newRun({ holder: worker }));
    await scene.store.submit(runs);
    const entries = runs.flatMap(({ id }, n): Entry[] => {
      const hold = { run: id, epoch: n % 5 === 0 ? 7 : 1 };
      return [stepDone(hold, 'a'), stepDone(hold, 'b', { asked: 1 }), stepDone(hold, 'c', { asked: 2 }), ended(hold)];
    });
    const verdicts = await scene.record(worker, ...entries);
    expect(verdicts).toEqual(entries.map(({ epoch }) => (epoch === 1 ? 'ok' : 'stale')));
    expect((await scene.listAll({ states: ['succeeded'] })).length).toBe(200);
    expect((await scene.held(worker)).length).toBe(50);
  });

  it('two groups that name the same runs in opposite orders both settle', async (scene) => {
    const other = await scene.second();
    const workers = [await scene.worker(), await scene.worker()];
    for (let round = 0; round < 10; round++) {
      const runs = Array.from({ length: 20 }, (_, n) => newRun({ holder: at(workers, n % 2) }));
      await scene.store.submit(runs);
      const entries = runs.map(({ id }) => ended({ run: id, epoch: 1 }));
      const [a, b] = await Promise.all([
        scene.store.record({ worker: at(workers, 0), entries }),
        other.record({ worker: at(workers, 1), entries: entries.toReversed() }),
      ]);
      // The one who comes second may find the other's run ended with the very outcome it sends: also ok.
      expect(a.filter((_, n) => n % 2 === 0)).toEqual(Array.from({ length: 10 }, () => 'ok'));
      expect(b.toReversed().filter((_, n) => n % 2 === 1)).toEqual(Array.from({ length: 10 }, () => 'ok'));
      const states = await scene.store.get(runs.map(({ id }) => id));
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
