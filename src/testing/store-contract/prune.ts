import type { Pruned, PrunePolicy } from '../../ports/store-query.ts';
import type { FinalState } from '../../job/state.ts';
import type { RunId } from '../../job/run.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import { callbackKey } from '../../job/callbacks.ts';
import { cancelOf, childOf, ended, eventTo, newRun, newRuns, stepDone, suspended } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { only, type Harness, whileBusy } from './harness/harness.ts';

const month = 30 * 86_400_000;
const keepAll: PrunePolicy = { succeededMs: month, failedMs: month, succeededRuns: 1_000_000, failedRuns: 1_000_000 };

export function aboutPrune({ it, expect }: Contract): void {
  it('nothing within the policy is deleted', async (harness) => {
    const worker = await harness.worker();
    const ids = await endedRuns(harness, worker, 3, 'succeeded');
    expect(await prune(harness, {})).toEqual({ runs: 0, bytes: 0, more: false });
    expect((await harness.listAll({})).length).toBe(ids.length);
  });

  it('runs that ended longer ago than they are kept are deleted, others stay', async (harness) => {
    const worker = await harness.worker();
    const old = await endedRuns(harness, worker, 2, 'succeeded');
    await harness.pass(2_000);
    const young = await endedRuns(harness, worker, 2, 'succeeded');
    // Kept for a little less than the old ones are old: it may be two seconds until the store looks.
    const { finishedAt } = await harness.run(`${old[1]}`);
    expect((await prune(harness, { succeededMs: (await harness.now()) - (finishedAt ?? 0) - 1 })).runs).toBe(2);
    expect(await idsLeft(harness)).toEqual([...young].toReversed());
    for (const id of old) expect(await harness.find(id)).toBe(null);
  });

  it('succeeded runs and failed or cancelled ones are kept by their own rules', async (harness) => {
    const worker = await harness.worker();
    const good = await endedRuns(harness, worker, 1, 'succeeded');
    const bad = [
      ...(await endedRuns(harness, worker, 1, 'failed')),
      ...(await endedRuns(harness, worker, 1, 'cancelled')),
    ];
    await harness.pass(50);
    expect((await prune(harness, { succeededMs: 10 })).runs).toBe(1);
    expect(await idsLeft(harness)).toEqual([...bad].toReversed());
    await endedRuns(harness, worker, 1, 'succeeded');
    expect((await prune(harness, { failedMs: 10 })).runs).toBe(2);
    expect(await harness.find(only(good))).toBe(null);
    expect((await harness.listAll({ states: ['succeeded'] })).length).toBe(1);
  });

  it('no more runs are kept than the policy says, the newest stay', async (harness) => {
    const worker = await harness.worker();
    const good = await endedRuns(harness, worker, 10, 'succeeded');
    const bad = await endedRuns(harness, worker, 5, 'failed');
    expect((await prune(harness, { succeededRuns: 4 })).runs).toBe(6);
    expect(await idsLeft(harness)).toEqual([...good.slice(6), ...bad].toReversed());
    const ended = await endedRuns(harness, worker, 3, 'cancelled');
    expect((await prune(harness, { failedRuns: 2 })).runs).toBe(4);
    expect(await idsLeft(harness)).toEqual([...good.slice(6), ...bad.slice(3), ...ended.slice(1)].toReversed());
  });

  it('a call deletes no more than its limit and says whether there is more', async (harness) => {
    const worker = await harness.worker();
    await endedRuns(harness, worker, 10, 'succeeded');
    const calls: Pruned[] = [];
    do calls.push(await prune(harness, { succeededRuns: 1 }, 4));
    while (calls.at(-1)?.more && calls.length < 10);
    expect(calls.every(({ runs }) => runs <= 4)).toBe(true);
    expect(calls.reduce((sum, { runs }) => sum + runs, 0)).toBe(9);
    expect(calls.slice(0, 2).map(({ more }) => more)).toEqual([true, true]);
    expect((await idsLeft(harness)).length).toBe(1);
  });

  it('as many are said to go as then go, and to ask deletes none', async (harness) => {
    const { store } = harness;
    if (!store.prunable) return;
    const worker = await harness.worker();
    await endedRuns(harness, worker, 6, 'succeeded');
    await endedRuns(harness, worker, 4, 'failed');
    await endedRuns(harness, worker, 1, 'cancelled');
    await harness.recorded(worker, ended({ run: await childOfLiving(harness, worker), epoch: 1 }));
    await harness.pass(30);
    const policies = [
      {},
      { succeededRuns: 5 },
      { failedRuns: 0 },
      { failedMs: 5 },
      { succeededMs: 5, succeededRuns: 1 },
    ];
    for (const policy of policies) {
      const said = await store.prunable({ ...keepAll, ...policy });
      expect(await store.prunable({ ...keepAll, ...policy })).toBe(said);
      expect((await prune(harness, policy)).runs).toBe(said);
    }
    expect((await idsLeft(harness)).length).toBe(2);
  });

  it('a run that has not ended is never deleted', async (harness) => {
    const worker = await harness.worker();
    await harness.store.submit([...newRuns(3), newRun({ delayMs: 3_600_000 })]);
    const { claims } = await harness.claim(worker, { free: 2 });
    await harness.recorded(worker, suspended(claims[0] ?? only([])));
    await harness.pass(30);
    expect(await prune(harness, { succeededMs: 0, failedMs: 0, succeededRuns: 0, failedRuns: 0 })).toEqual({
      runs: 0,
      bytes: 0,
      more: false,
    });
    expect((await idsLeft(harness)).length).toBe(4);
  });

  it('a run whose parent has not ended stays until it has', async (harness) => {
    const worker = await harness.worker();
    const parent = await harness.running(worker);
    const child = childOf(parent, { holder: worker });
    await harness.store.submit([child]);
    await harness.recorded(worker, ended({ run: child.id, epoch: 1 }));
    await harness.pass(30);
    const all = { succeededMs: 5, succeededRuns: 0, failedMs: 5, failedRuns: 0 };
    expect((await prune(harness, all)).runs).toBe(0);
    expect(await harness.state(child.id)).toBe('succeeded');
    await harness.recorded(worker, ended(parent));
    await harness.pass(30);
    let deleted = 0;
    for (let n = 0; n < 5; n++) deleted += (await prune(harness, all)).runs;
    expect(deleted).toBe(2);
    expect(await idsLeft(harness)).toEqual([]);
  });

  it('a run stays until its callback has been called', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker, { callbacks: 'both' });
    await harness.recorded(worker, ended(claim));
    await harness.pass(30);
    const all = { succeededMs: 5, succeededRuns: 0, failedMs: 5, failedRuns: 0 };
    for (const hold of [null, 'running', 'waiting']) {
      if (hold === 'running') await harness.claim(worker);
      if (hold === 'waiting') await harness.recorded(worker, suspended(only(await harness.held(worker))));
      expect((await prune(harness, all)).runs).toBe(0);
      if (harness.store.prunable) expect(await harness.store.prunable({ ...keepAll, ...all })).toBe(0);
    }
    const called = callbackKey({ id: claim.run, epoch: claim.epoch });
    await harness.act(cancelOf(called));
    expect(await harness.state(claim.run)).toBe('succeeded');
    let deleted = 0;
    await harness.pass(30);
    for (let n = 0; n < 5; n++) deleted += (await prune(harness, all)).runs;
    expect(deleted).toBe(2);
  });

  it('children kept for their parent do not hide what can be deleted', async (harness) => {
    const worker = await harness.worker();
    const parent = await harness.running(worker);
    const children = Array.from({ length: 10 }, () => childOf(parent, { holder: worker }));
    await harness.store.submit(children);
    await harness.recorded(worker, ...children.map(({ id }) => ended({ run: id, epoch: 1 })));
    await harness.pass(20);
    await endedRuns(harness, worker, 4, 'succeeded');
    await harness.pass(20);
    let deleted = 0;
    for (let n = 0; n < 10; n++) deleted += (await prune(harness, { succeededMs: 5 }, 3)).runs;
    expect(deleted).toBe(4);
    expect((await idsLeft(harness)).length).toBe(11);
  });

  it('all that hangs on a run goes with it, and its key is free', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker, { key: 'k', input: JSON.stringify('x'.repeat(1_000)) });
    await harness.act(eventTo(claim.run, 'go'));
    const chunk = { run: claim.run, epoch: claim.epoch, seq: 1, bytes: new Uint8Array(1_000) };
    await harness.store.append({ worker, chunks: [chunk], progress: [] });
    await harness.recorded(worker, stepDone(claim, 'a'), ended(claim));
    const { runs, bytes } = await prune(harness, { succeededRuns: 0 });
    expect({ runs, counted: bytes >= 2_000 && bytes < 100_000 }).toEqual({ runs: 1, counted: true });
    expect(await harness.steps(claim.run)).toEqual([]);
    expect(await harness.store.tail({ run: claim.run, after: 0, maxBytes: 1_000 })).toEqual([]);
    expect(await harness.find('k')).toBe(null);
    expect((await harness.act(eventTo(claim.run, 'go'))).verdict).toBe('unknown');
    expect(await harness.submit({ key: 'k', input: '"other"' })).toMatchObject({ verdict: 'created' });
  });

  it('a run submitted anew under the id of one that was pruned has nothing of it', async (harness) => {
    const worker = await harness.worker();
    const run = newRun({ holder: worker });
    for (let life = 0; life < 2; life++) {
      await harness.store.submit([run]);
      const hold = { run: run.id, epoch: 1 };
      await harness.act(eventTo(run.id, `life ${life}`));
      expect((await harness.inboxes(worker)).flatMap(({ items }) => items.map(({ n, name }) => [n, name]))).toEqual([
        [1, `life ${life}`],
      ]);
      const chunk = { ...hold, seq: 1, bytes: new Uint8Array(1) };
      expect(await harness.store.append({ worker, chunks: [chunk], progress: [] })).toEqual(['ok']);
      expect(await harness.record(worker, stepDone(hold, 'a', { output: `${life}` }), ended(hold))).toEqual([
        'ok',
        'ok',
      ]);
      await prune(harness, { succeededRuns: 0 });
    }
  });

  it('what belongs to other runs stays', async (harness) => {
    const worker = await harness.worker();
    const gone = await harness.running(worker, { key: 'gone' });
    const kept = await harness.running(worker, { key: 'kept' });
    for (const claim of [gone, kept]) {
      const chunk = { run: claim.run, epoch: claim.epoch, seq: 1, bytes: new Uint8Array(10) };
      await harness.store.append({ worker, chunks: [chunk], progress: [] });
      await harness.recorded(worker, stepDone(claim, 'a'));
    }
    await harness.recorded(worker, ended(gone));
    await prune(harness, { succeededRuns: 0 });
    expect((await harness.steps(kept.run)).length).toBe(1);
    expect((await harness.store.tail({ run: kept.run, after: 0, maxBytes: 100 })).length).toBe(1);
    expect((await harness.submit({ key: 'kept' })).verdict).toBe('existing');
  });

  it('a key is freed or taken, never both, when a submit comes at the same time', async (harness) => {
    const other = await harness.second();
    const worker = await harness.worker();
    const policy = { ...keepAll, succeededRuns: 0 };
    for (let round = 0; round < 30; round++) {
      const old = await harness.running(worker, { key: 'k' });
      await harness.recorded(worker, ended(old));
      const run = newRun({ key: 'k' });
      const submit = async (): Promise<string> => only(await whileBusy(() => harness.store.submit([run]))).verdict;
      const prune = async (): Promise<number> => (await other.prune({ policy, limit: 10 })).runs;
      let verdict: string;
      let runs: number;
      if (round % 2 === 0) [verdict, runs] = await Promise.all([submit(), prune()]);
      else [runs, verdict] = await Promise.all([prune(), submit()]);
      expect(runs).toBe(1);
      expect({ verdict, owner: (await harness.find('k'))?.id ?? null }).toEqual(
        verdict === 'created' ? { verdict, owner: run.id } : { verdict: 'existing', owner: null },
      );
      if (verdict === 'created') await harness.recorded(worker, ended(only((await harness.claim(worker)).claims)));
      await harness.store.prune({ policy, limit: 10 });
    }
  });

  it('two nodes that prune at the same time delete each run once', async (harness) => {
    const other = await harness.second();
    const worker = await harness.worker();
    await endedRuns(harness, worker, 60, 'succeeded');
    let deleted = 0;
    for (let n = 0; n < 6; n++) {
      const policy = { ...keepAll, succeededRuns: 0 };
      const calls = await Promise.all([harness.store.prune({ policy, limit: 10 }), other.prune({ policy, limit: 10 })]);
      deleted += calls.reduce((sum, { runs }) => sum + runs, 0);
    }
    expect(deleted).toBe(60);
    expect(await idsLeft(harness)).toEqual([]);
  });
}

async function prune(harness: Harness, policy: Partial<PrunePolicy>, limit = 100): Promise<Pruned> {
  return await harness.store.prune({ policy: { ...keepAll, ...policy }, limit });
}

async function endedRuns(harness: Harness, holder: WorkerId, count: number, state: FinalState): Promise<RunId[]> {
  const runs = newRuns(count, { holder });
  await harness.store.submit(runs);
  await harness.recorded(holder, ...runs.map(({ id }) => ended({ run: id, epoch: 1 }, { state })));
  return runs.map(({ id }) => id);
}

async function childOfLiving(harness: Harness, holder: WorkerId): Promise<RunId> {
  const child = childOf(await harness.running(holder), { holder });
  await harness.store.submit([child]);
  return child.id;
}

async function idsLeft(harness: Harness): Promise<RunId[]> {
  return (await harness.listAll({})).map(({ id }) => id);
}
