import { armFailpoint, disarmFailpoints } from '../../std/failpoint.ts';
import { handedBack } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { repeatables } from './repeatables.ts';
import { codeOf, only, type Harness } from './harness/harness.ts';

/** A call whose answer was lost is made again, with the same effect and the same answer (protocol/journal#repeatable-calls). */
export function aboutLostAnswers({ it, expect, failpoints }: Contract): void {
  for (const { name, method, prepare } of repeatables) {
    it(`${name}, made twice, answers and does the same as once`, async (harness) => {
      const { call, answer, again = answer } = await prepare(harness);
      expect(await call()).toEqual(answer);
      const once = await pictureOf(harness);
      expect(await call()).toEqual(again);
      expect(await pictureOf(harness)).toEqual(once);
    });

    if (!failpoints) continue;

    it(`${name}, its answer lost after the commit, is STORE_UNAVAILABLE and right when made again`, async (harness) => {
      const { call, answer, again = answer } = await prepare(harness);
      const before = await pictureOf(harness);
      expect(await withFailpoint(`store.${method}.committed`, call)).toBe('STORE_UNAVAILABLE');
      const lost = await pictureOf(harness);
      expect({ changed: lost !== before }).toEqual({ changed: true });
      expect(await call()).toEqual(again);
      expect(await pictureOf(harness)).toEqual(lost);
    });

    it(`${name}, broken off before it began, is STORE_UNAVAILABLE and did nothing`, async (harness) => {
      const { call, answer } = await prepare(harness);
      const before = await pictureOf(harness);
      expect(await withFailpoint(`store.${method}.before`, call)).toBe('STORE_UNAVAILABLE');
      expect(await pictureOf(harness)).toEqual(before);
      expect(await call()).toEqual(answer);
    });
  }

  it('a heartbeat whose answer was lost has raised the counter, and the next one tells the same', async (harness) => {
    const worker = await harness.worker();
    await harness.running(worker);
    if (failpoints) {
      const heartbeat = async (): Promise<unknown> => await harness.heartbeat(worker);
      expect(await withFailpoint('store.heartbeat.before', heartbeat)).toBe('STORE_UNAVAILABLE');
      expect(await harness.heartbeatOf(worker)).toBe(0);
      expect(await withFailpoint('store.heartbeat.committed', heartbeat)).toBe('STORE_UNAVAILABLE');
      expect(await harness.heartbeatOf(worker)).toBe(1);
    }
    expect(await harness.heartbeat(worker)).toEqual({ evicted: false });
  });

  it('runs of a claim whose answer was lost are found by held and can be handed back', async (harness) => {
    const worker = await harness.worker();
    const { run } = await harness.submit();
    const claim = async (): Promise<unknown> => await harness.claim(worker);
    if (failpoints) expect(await withFailpoint('store.claim.committed', claim)).toBe('STORE_UNAVAILABLE');
    else await claim();
    expect((await harness.held(worker)).length).toBe(1);
    const hold = only(await harness.held(worker));
    expect(hold.run).toBe(run.id);
    expect(await harness.record(worker, handedBack(hold, { attempt: null }))).toEqual(['ok']);
    expect(await harness.claimIds(worker)).toEqual([run.id]);
  });
}

async function withFailpoint(name: string, call: () => Promise<unknown>): Promise<string> {
  armFailpoint(name, 'throw', { times: 1 });
  try {
    return await codeOf(call());
  } finally {
    disarmFailpoints();
  }
}

/** All that the port shows of a store, as text. */
async function pictureOf(harness: Harness): Promise<string> {
  const { store } = harness;
  const runs = await harness.listAll({});
  const workers = await store.workers();
  const { schedules, nextAt } = await store.due({ limit: 1_000 });
  return JSON.stringify({
    runs: await store.get(
      runs.map(({ id }) => id),
      { steps: true },
    ),
    output: await Promise.all(runs.map(async ({ id }) => await store.tail({ run: id, after: 0, maxBytes: 1_000_000 }))),
    workers,
    messages: await Promise.all(workers.map(async ({ id }) => await harness.messages(id))),
    held: await Promise.all(workers.map(async ({ id }) => await harness.held(id))),
    schedules,
    nextAt,
  });
}
