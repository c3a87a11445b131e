import type { Verdict } from '../../job/transition.ts';
import type { Entry } from '../../ports/store-entry.ts';
import type { RunId } from '../../job/run.ts';
import { ended, registration, handedBack, newRun, newRuns, stepDone, suspended, termsOf } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { at, only, type Harness } from './harness/harness.ts';

/** The owner's group and the rescuer's eviction on two handles: exactly one side wins, the loser is told (protocol/claims#fencing). */
export function aboutTakeover({ it, expect }: Contract): void {
  it('the group comes first: its outcome stands and the eviction takes nothing', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    expect(await harness.record(worker, stepDone(claim, 'a'), ended(claim))).toEqual(['ok', 'ok']);
    expect(await harness.evict(worker)).toEqual([]);
    expect(await harness.run(claim.run)).toMatchObject({ state: 'succeeded', crashes: 0 });
  });

  it('the eviction comes first: the run is taken and the group is stale', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    expect(await harness.evict(worker)).toEqual([claim.run]);
    expect(await harness.record(worker, stepDone(claim, 'a'), ended(claim))).toEqual(['stale', 'stale']);
    expect(await harness.run(claim.run)).toMatchObject({ state: 'queued', crashes: 1 });
    expect(await harness.steps(claim.run)).toEqual([]);
  });

  it('an outcome against an eviction: the run has ended or is queued, never both and never neither', async (harness) => {
    for (let round = 0; round < 60; round++) {
      const { runs, verdicts, taken } = await race(harness, round, 1, (run) => [ended({ run, epoch: 1 })]);
      const run = await harness.run(only(runs));
      const { state, crashes, epoch } = run;
      if (only(verdicts) === 'ok') {
        expect({ state, crashes, epoch, taken }).toEqual({ state: 'succeeded', crashes: 0, epoch: 1, taken: [] });
      } else {
        expect({ verdicts, state, crashes, epoch, taken }).toEqual({
          verdicts: ['stale'],
          state: 'queued',
          crashes: 1,
          epoch: 2,
          taken: runs,
        });
      }
    }
  });

  it('a step against an eviction: it is recorded exactly when it was answered ok', async (harness) => {
    for (let round = 0; round < 60; round++) {
      const { runs, verdicts, taken } = await race(harness, round, 1, (run) => [stepDone({ run, epoch: 1 }, 'a')]);
      expect(taken).toEqual(runs);
      const steps = await harness.steps(only(runs));
      expect({ verdicts, steps: steps.length }).toEqual(
        only(verdicts) === 'ok' ? { verdicts: ['ok'], steps: 1 } : { verdicts: ['stale'], steps: 0 },
      );
      expect(await harness.run(only(runs))).toMatchObject({ state: 'queued', crashes: 1, epoch: 2 });
    }
  });

  it('a parking or a hand-back against an eviction: let go by its owner or taken, never both', async (harness) => {
    for (let round = 0; round < 60; round++) {
      const park = round % 4 < 2;
      const { runs, verdicts, taken } = await race(harness, round, 1, (run) => [
        park ? suspended({ run, epoch: 1 }) : handedBack({ run, epoch: 1 }),
      ]);
      const { state, crashes, epoch } = await harness.run(only(runs));
      const letGo = { state: park ? 'waiting' : 'queued', crashes: 0, epoch: 1, taken: [] };
      expect({ state, crashes, epoch, taken }).toEqual(
        only(verdicts) === 'ok' ? letGo : { state: 'queued', crashes: 1, epoch: 2, taken: runs },
      );
    }
  });

  it('a whole group against an eviction: all of its runs are written or all are taken', async (harness) => {
    for (let round = 0; round < 15; round++) {
      const { runs, verdicts, taken } = await race(harness, round, 50, (run) => [
        stepDone({ run, epoch: 1 }, 'a'),
        ended({ run, epoch: 1 }),
      ]);
      expect(new Set(verdicts).size).toBe(1);
      const won = at(verdicts, 0) === 'ok';
      expect(taken.toSorted()).toEqual(won ? [] : runs);
      const found = await harness.store.get(runs, { steps: true });
      const pictures = new Set(found.map((run) => `${run?.state} ${run?.crashes} ${run?.steps?.length}`));
      expect([...pictures]).toEqual([won ? 'succeeded 0 1' : 'queued 0 0']);
    }
  });

  it('output against an eviction: a chunk is there exactly when it was answered ok', async (harness) => {
    const other = await harness.second();
    for (let round = 0; round < 40; round++) {
      const worker = await harness.worker();
      const { id: run } = only((await harness.store.submit([newRun({ holder: worker })])).map((answer) => answer.run));
      const chunks = [1, 2].map((seq) => ({ run, epoch: 1, seq, bytes: new Uint8Array([seq]) }));
      const [verdicts] = await inTurn(
        round,
        async () => await harness.store.append({ worker, chunks, progress: [] }),
        async () => await other.evict([{ id: worker, seenHeartbeat: 0, counted: true }]),
      );
      expect(verdicts[0]).toBe(verdicts[1]);
      const kept = await harness.store.tail({ run, after: 0, maxBytes: 100 });
      expect({ verdicts, kept: kept.length }).toEqual({ verdicts, kept: verdicts[0] === 'ok' ? 2 : 0 });
    }
  });

  it('output of a zombie never takes the place of its heir’s', async (harness) => {
    const other = await harness.second();
    const heir = await harness.worker();
    let number = 0;
    const wish = { worker: heir, jobs: [termsOf('work')], free: 1, turn: 0 };
    for (let round = 0; round < 40; round++) {
      const zombie = await harness.worker();
      const { run } = at(await harness.store.submit([newRun({ holder: zombie })]), 0);
      const chunk = (epoch: number, seq: number) => ({ run: run.id, epoch, seq, bytes: new Uint8Array([epoch]) });
      const [before, heirs] = await inTurn(
        round,
        async () => await harness.store.append({ worker: zombie, chunks: [chunk(1, 1)], progress: [] }),
        async () => {
          await other.evict([{ id: zombie, seenHeartbeat: 0, counted: true }]);
          let { claims } = await other.claim({ ...wish, number: ++number });
          // A claim may pass over a run that is locked at that moment.
          for (let n = 0; claims.length === 0 && n < 1_000; n++) {
            ({ claims } = await other.claim({ ...wish, number: ++number }));
          }
          const { epoch, outputSeq } = only(claims);
          return await other.append({ worker: heir, chunks: [chunk(epoch, outputSeq + 1)], progress: [] });
        },
      );
      expect(heirs).toEqual(['ok']);
      const kept = await harness.store.tail({ run: run.id, after: 0, maxBytes: 100 });
      const bytes = kept.map(({ bytes }) => bytes[0]);
      expect({ before, bytes }).toEqual({ before, bytes: only(before) === 'ok' ? [1, 3] : [3] });
      await harness.recorded(heir, ended({ run: run.id, epoch: 3 }));
    }
  });

  it('a newcomer of the same node against a group of the previous worker: ended or taken, never both', async (harness) => {
    const other = await harness.second();
    for (let round = 0; round < 40; round++) {
      const node = `vm-${round}`;
      const previous = await harness.worker({ node });
      const runs = newRuns(5, { holder: previous });
      await harness.store.submit(runs);
      const [verdicts] = await inTurn(
        round,
        async () => await harness.record(previous, ...runs.map(({ id }) => ended({ run: id, epoch: 1 }))),
        async () => await other.registerWorker(registration({ node, replaces: node })),
      );
      expect(new Set(verdicts).size).toBe(1);
      const found = await harness.store.get(runs.map(({ id }) => id));
      const states = new Set(found.map((run) => `${run?.state} ${run?.epoch} ${run?.crashes}`));
      expect([...states]).toEqual([at(verdicts, 0) === 'ok' ? 'succeeded 1 0' : 'queued 2 0']);
      expect((await harness.heartbeat(previous)).evicted).toBe(true);
    }
  });

  it('two newcomers of one node at the same time: one of them is left alive', async (harness) => {
    const other = await harness.second();
    for (let round = 0; round < 30; round++) {
      const node = `vm-${round}`;
      const newcomers = [registration({ node, replaces: node }), registration({ node, replaces: node })];
      await Promise.all([harness.store.registerWorker(at(newcomers, 0)), other.registerWorker(at(newcomers, 1))]);
      const replies = await Promise.all(newcomers.map(async ({ id }) => await harness.heartbeat(id)));
      expect(replies.filter(({ evicted }) => evicted).length).toBe(1);
    }
  });

  it('the end over its owner’s head against its own outcome: one of them stands', async (harness) => {
    const other = await harness.second();
    const worker = await harness.worker();
    for (let round = 0; round < 60; round++) {
      const claim = await harness.running(worker);
      const { run, epoch } = claim;
      const target = { run, epoch, code: 'RUN_TIMED_OUT', message: 'too long' } as const;
      const [verdicts, taken] = await inTurn(
        round,
        async () => await harness.record(worker, ended(claim)),
        async () => only(await other.evict([target])),
      );
      const { state } = await harness.run(run);
      expect({ verdicts, taken, state }).toEqual(
        only(verdicts) === 'ok'
          ? { verdicts: ['ok'], taken: [], state: 'succeeded' }
          : { verdicts: ['stale'], taken: [run], state: 'failed' },
      );
    }
  });

  it('an eviction against a heartbeat: who was seen alive in time keeps its runs', async (harness) => {
    const other = await harness.second();
    for (let round = 0; round < 40; round++) {
      const worker = await harness.worker();
      const runs = newRuns(1, { holder: worker });
      await harness.store.submit(runs);
      const [reply, taken] = await inTurn(
        round,
        async () => await harness.heartbeat(worker),
        async () => only(await other.evict([{ id: worker, seenHeartbeat: 0, counted: true }])),
      );
      expect({ reply, taken }).toEqual(
        reply.evicted
          ? { reply: { evicted: true }, taken: runs.map(({ id }) => id) }
          : { reply: { evicted: false }, taken: [] },
      );
    }
  });

  it('a claim against the eviction of its worker leaves no run in a dead hand', async (harness) => {
    const other = await harness.second();
    for (let round = 0; round < 40; round++) {
      const worker = await harness.worker();
      const { run } = await harness.submit();
      await inTurn(
        round,
        async () => await harness.claim(worker),
        async () => await other.evict([{ id: worker, seenHeartbeat: 0, counted: true }]),
      );
      expect(await harness.held(worker)).toEqual([]);
      const heir = await harness.worker();
      expect(await harness.claimIds(heir)).toEqual([run.id]);
      await harness.recorded(heir, ...(await harness.held(heir)).map((hold) => ended(hold)));
    }
  });

  it('a submit with a holder against the eviction of that worker leaves no run in a dead hand', async (harness) => {
    const other = await harness.second();
    for (let round = 0; round < 40; round++) {
      const worker = await harness.worker();
      const runs = newRuns(3, { holder: worker });
      await inTurn(
        round,
        async () => await harness.store.submit(runs),
        async () => await other.evict([{ id: worker, seenHeartbeat: 0, counted: true }]),
      );
      const states = (await harness.store.get(runs.map(({ id }) => id))).map((run) => run?.state);
      expect(states).toEqual(['queued', 'queued', 'queued']);
    }
  });
}

/** A worker's group about `count` new runs of its, and its eviction from another handle, begun in either order. */
async function race(
  harness: Harness,
  round: number,
  count: number,
  entriesOf: (run: RunId) => Entry[],
): Promise<{ runs: RunId[]; verdicts: Verdict[]; taken: RunId[] }> {
  const other = await harness.second();
  const worker = await harness.worker();
  const runs = newRuns(count, { holder: worker });
  await harness.store.submit(runs);
  const ids = runs.map(({ id }) => id);
  const [verdicts, taken] = await inTurn(
    round,
    async () => await harness.record(worker, ...ids.flatMap(entriesOf)),
    async () => only(await other.evict([{ id: worker, seenHeartbeat: 0, counted: true }])),
  );
  return { runs: ids, verdicts, taken };
}

/** Begins two calls without waiting for the first; the second one begins first in every other round. */
async function inTurn<A, B>(round: number, first: () => Promise<A>, second: () => Promise<B>): Promise<[A, B]> {
  if (round % 2 === 0) return await Promise.all([first(), second()]);
  const [b, a] = await Promise.all([second(), first()]);
  return [a, b];
}
