import type { RunQuery } from '../../ports/store-query.ts';
import { largestListed, listedRun } from '../../job/listed-run.ts';
import { runStates } from '../../job/state.ts';
import {
  cancelOf,
  childOf,
  ended,
  failed,
  newRun,
  newRuns,
  occurrence,
  stepDone,
  suspended,
} from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { at, only, type Harness } from './harness/harness.ts';

export function aboutList({ it, expect }: Contract): void {
  it('runs come newest first, page by page, each once', async (harness) => {
    const runs = newRuns(25);
    await harness.store.submit(runs);
    const ids = runs.map(({ id }) => id).toReversed();
    for (const limit of [1, 7, 25, 100]) {
      expect((await harness.listAll({}, limit)).map(({ id }) => id)).toEqual(ids);
    }
    const page = await harness.store.list({ limit: 10 });
    expect(page.items.length).toBe(10);
    expect(page.next === null).toBe(false);
  });

  it('a store without runs has one empty page', async (harness) => {
    expect(await harness.store.list({ limit: 10 })).toEqual({ items: [], next: null });
  });

  it('the last page has no next, also when it is full', async (harness) => {
    await harness.store.submit(newRuns(4));
    for (const limit of [4, 5]) expect((await harness.store.list({ limit })).next).toBe(null);
    const { next } = await harness.store.list({ limit: 2 });
    expect((await harness.store.list({ limit: 2, cursor: `${next}` })).next).toBe(null);
    expect((await harness.store.list({ limit: 4, states: ['queued'] })).next).toBe(null);
  });

  it('pages stay stable while runs are added and ended', async (harness) => {
    const worker = await harness.worker();
    const runs = newRuns(30);
    await harness.store.submit(runs);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await harness.store.list({ limit: 7, ...(cursor === null ? {} : { cursor }) });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next;
      await harness.store.submit(newRuns(5));
      const claim = only((await harness.claim(worker, { free: 1 })).claims);
      await harness.recorded(worker, ended(claim));
    } while (cursor !== null);
    expect(seen).toEqual(runs.map(({ id }) => id).toReversed());
  });

  it('a listed run is the run that get answers', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.recorded(worker, stepDone(claim, 'a'), ended(claim));
    await harness.submit();
    for (const item of await harness.listAll({})) expect(item).toEqual(await harness.run(item.id));
  });

  it('a large value stands in a list by its size, and the run alone has it', async (harness) => {
    const worker = await harness.worker();
    const small = JSON.stringify('s'.repeat(largestListed - 2));
    const large = JSON.stringify('é'.repeat(largestListed));
    const bytes = Buffer.byteLength(large);
    await harness.submit({ input: small, job: 'other' });
    const claim = await harness.running(worker, {
      input: large,
      args: [large],
      request: { headers: [], body: large, encoding: 'utf8' },
    });
    await harness.recorded(worker, { ...ended(claim), output: large });

    const [newest, oldest] = (await harness.store.list({ limit: 10 })).items;
    expect(oldest).toEqual(await harness.run(`${oldest?.id}`));
    const whole = await harness.run(claim.run);
    expect({ input: whole.input, args: whole.args, output: whole.output }).toEqual({
      input: large,
      args: [large],
      output: large,
    });
    expect(whole.omitted).toBe(undefined);
    expect(newest).toEqual(listedRun(whole));
    expect(newest).toMatchObject({ input: null, args: [], request: null, output: null });
    expect(newest?.omitted).toMatchObject({ input: bytes, output: bytes });
    expect((await harness.store.list({ limit: 10, states: ['succeeded'] })).items).toEqual([newest]);
  });

  it('a page of much data ends early, and the pages together have each run once', async (harness) => {
    const value = JSON.stringify('x'.repeat(largestListed - 2));
    const runs = newRuns(1_100, { input: value });
    for (let from = 0; from < runs.length; from += 50) await harness.store.submit(runs.slice(from, from + 50));
    const ids = runs.map(({ id }) => id).toReversed();

    const page = await harness.store.list({ limit: 10_000 });
    expect(page.items.length > 400 && page.items.length < 600).toBe(true);
    expect(page.next).toBe(page.items.at(-1)?.id);
    const all = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const next = await harness.store.list({ limit: 10_000, ...(cursor && { cursor }) });
      all.push(...next.items.map(({ id }) => id));
      cursor = next.next;
    }
    expect(all).toEqual(ids);
  });

  it('each state is found, alone and together, page by page', async (harness) => {
    const expected = await oneOfEachState(harness);
    for (const state of runStates) {
      expect({ state, ids: await idsOf(harness, { states: [state] }) }).toEqual({
        state,
        ids: idsIn(expected, [state]),
      });
    }
    for (const states of [
      ['queued', 'succeeded'],
      ['running', 'waiting'],
      ['failed', 'cancelled'],
      ['waiting', 'failed', 'queued'],
      [...runStates],
    ] as const) {
      const found = { states, ids: await idsOf(harness, { states }, 2) };
      expect(found).toEqual({ states, ids: idsIn(expected, states) });
    }
  });

  it('states go with each other condition', async (harness) => {
    const expected = await oneOfEachState(harness);
    const states = ['succeeded', 'running', 'queued'] as const;
    for (const query of [{ job: 'work' }, { trigger: 'api' }] as const) {
      expect(await idsOf(harness, { ...query, states })).toEqual(idsIn(expected, states));
    }
    expect(await idsOf(harness, { job: 'other', states })).toEqual([]);
    expect(await idsOf(harness, { trigger: 'cli', states })).toEqual([]);
  });

  it('runs are found by job, trigger, key, parent and schedule', async (harness) => {
    const parent = newRun({ key: 'the parent' });
    const children = [1, 2].map(() => childOf({ run: parent.id, root: parent.id }));
    const planned = [1_700_000_000_000, 1_700_000_060_000].map((instant) => occurrence('nightly', instant));
    const others = [newRun({ job: 'other', trigger: 'http' }), newRun({ key: 'x', trigger: 'cli' })];
    await harness.store.submit([parent, ...children, ...planned, ...others]);
    const ids = (runs: readonly { id: string }[]): string[] => runs.map(({ id }) => id).toReversed();
    expect(await idsOf(harness, { job: 'other' })).toEqual([at(others, 0).id]);
    expect(await idsOf(harness, { job: 'work' }, 2)).toEqual(ids([parent, ...children, ...planned, at(others, 1)]));
    expect(await idsOf(harness, { trigger: 'http' })).toEqual([at(others, 0).id]);
    expect(await idsOf(harness, { trigger: 'parent' })).toEqual(ids(children));
    expect(await idsOf(harness, { key: 'the parent' })).toEqual([parent.id]);
    expect(await idsOf(harness, { key: 'the' })).toEqual([]);
    expect(await idsOf(harness, { parent: parent.id }, 1)).toEqual(ids(children));
    expect(await idsOf(harness, { schedule: 'nightly' })).toEqual(ids(planned));
    expect(await idsOf(harness, { schedule: 'weekly' })).toEqual([]);
    expect(await idsOf(harness, { job: 'work', trigger: 'cli', key: 'x' })).toEqual([at(others, 1).id]);
    expect(await idsOf(harness, { job: 'other', trigger: 'cli' })).toEqual([]);
  });

  it('runs are found by when they were created: at or after since, before until', async (harness) => {
    const batches: { ids: string[]; createdAt: number }[] = [];
    for (let n = 0; n < 3; n++) {
      const { run } = await harness.submit();
      batches.push({ ids: [run.id], createdAt: (await harness.run(run.id)).createdAt });
      await harness.pass(20);
    }
    const [first, second, third] = [at(batches, 0), at(batches, 1), at(batches, 2)];
    const ids = (...of: { ids: string[] }[]): string[] => of.flatMap(({ ids }) => ids).toReversed();
    expect(await idsOf(harness, { since: second.createdAt })).toEqual(ids(second, third));
    expect(await idsOf(harness, { since: second.createdAt + 1 })).toEqual(ids(third));
    expect(await idsOf(harness, { until: second.createdAt })).toEqual(ids(first));
    expect(await idsOf(harness, { since: first.createdAt, until: third.createdAt })).toEqual(ids(first, second));
    expect(await idsOf(harness, { since: third.createdAt + 1 })).toEqual([]);
  });

  it('runs are found by the end of their id', async (harness) => {
    const runs = newRuns(20);
    await harness.store.submit(runs);
    for (const run of runs.slice(0, 5)) {
      expect(await idsOf(harness, { tail: run.id.slice(-12) })).toEqual([run.id]);
    }
    expect(await idsOf(harness, { tail: at(runs, 0).id })).toEqual([at(runs, 0).id]);
    const wild = ['%', '_', `%${at(runs, 0).id.slice(-3)}`, at(runs, 0).id.slice(0, 8)];
    for (const tail of wild) expect(await idsOf(harness, { tail })).toEqual([]);
  });

  it('no run fits conditions that nothing fulfils', async (harness) => {
    await harness.store.submit(newRuns(3));
    expect(await harness.store.list({ job: 'work', states: ['failed'], limit: 10 })).toEqual({ items: [], next: null });
    expect(await harness.store.list({ states: [], limit: 10 })).toEqual({ items: [], next: null });
  });
}

type Conditions = Omit<RunQuery, 'limit' | 'cursor'>;

async function idsOf(harness: Harness, query: Conditions, limit = 100): Promise<string[]> {
  return (await harness.listAll(query, limit)).map(({ id }) => id);
}

type StateById = readonly (readonly [id: string, state: string])[];

function idsIn(runs: StateById, states: readonly string[]): string[] {
  return runs.filter(([, state]) => states.includes(state)).map(([id]) => id);
}

/** Three runs in each state, newest first. */
async function oneOfEachState(harness: Harness): Promise<StateById> {
  const worker = await harness.worker();
  const runs: [id: string, state: string][] = [];
  for (let n = 0; n < 3; n++) {
    for (const state of runStates) {
      const run = newRun({ holder: state === 'queued' || state === 'cancelled' ? null : worker });
      await harness.store.submit([run]);
      const hold = { run: run.id, epoch: 1 };
      if (state === 'cancelled') await harness.act(cancelOf(run.id));
      if (state === 'waiting') await harness.recorded(worker, suspended(hold));
      if (state === 'succeeded') await harness.recorded(worker, ended(hold));
      if (state === 'failed') await harness.recorded(worker, failed(hold));
      runs.push([run.id, state]);
    }
  }
  return runs.toReversed();
}
