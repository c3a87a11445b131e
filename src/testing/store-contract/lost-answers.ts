import { armFailpoint, disarmFailpoints } from '../../std/failpoint.ts';
import { handedBack } from './builders.ts';
import type { Contract } from './contract.ts';
import { repeatables } from './repeatables.ts';
import { codeOf, only, type Scene } from './scene.ts';

/** STORE §1.3: a call whose answer was lost is made again, with the same effect and the same answer. */
export function aboutLostAnswers({ it, expect, failpoints }: Contract): void {
  for (const { name, method, prepare } of repeatables) {
    it(`${name}, made twice, answers and does the same as once`, async (scene) => {
      const { call, answer, again = answer } = await prepare(scene);
      expect(await call()).toEqual(answer);
      const once = await pictureOf(scene);
      expect(await call()).toEqual(again);
      expect(await pictureOf(scene)).toEqual(once);
    });

    if (!failpoints) continue;

    it(`${name}, its answer lost after the commit, is STORE_UNAVAILABLE and right when made again`, async (scene) => {
      const { call, answer, again = answer } = await prepare(scene);
      const before = await pictureOf(scene);
      expect(await withFailpoint(`store.${method}.committed`, call)).toBe('STORE_UNAVAILABLE');
      const lost = await pictureOf(scene);
      expect({ changed: lost !== before }).toEqual({ changed: true });
      expect(await call()).toEqual(again);
      expect(await pictureOf(scene)).toEqual(lost);
    });

    it(`${name}, broken off before it began, is STORE_UNAVAILABLE and did nothing`, async (scene) => {
      const { call, answer } = await prepare(scene);
      const before = await pictureOf(scene);
      expect(await withFailpoint(`store.${method}.before`, call)).toBe('STORE_UNAVAILABLE');
      expect(await pictureOf(scene)).toEqual(before);
      expect(await call()).toEqual(answer);
    });
  }

  it('a beat whose answer was lost has raised the counter, and the next one tells the same', async (scene) => {
    const worker = await scene.worker();
    await scene.running(worker);
    if (failpoints) {
      const beat = async (): Promise<unknown> => await scene.beat(worker);
      expect(await withFailpoint('store.beat.before', beat)).toBe('STORE_UNAVAILABLE');
      expect(await scene.beatOf(worker)).toBe(0);
      expect(await withFailpoint('store.beat.committed', beat)).toBe('STORE_UNAVAILABLE');
      expect(await scene.beatOf(worker)).toBe(1);
    }
    expect(await scene.beat(worker)).toEqual({ buried: false });
  });

  it('runs of a claim whose answer was lost are found by held and can be handed back', async (scene) => {
    const worker = await scene.worker();
    const { run } = await scene.submit();
    const claim = async (): Promise<unknown> => await scene.claim(worker);
    if (failpoints) expect(await withFailpoint('store.claim.committed', claim)).toBe('STORE_UNAVAILABLE');
    else await claim();
    expect((await scene.held(worker)).length).toBe(1);
    const hold = only(await scene.held(worker));
    expect(hold.run).toBe(run.id);
    expect(await scene.record(worker, handedBack(hold, { attempt: null }))).toEqual(['ok']);
    expect(await scene.claimIds(worker)).toEqual([run.id]);
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
async function pictureOf(scene: Scene): Promise<string> {
  const { store } = scene;
  const runs = await scene.listAll({});
  const workers = await store.workers();
  const { schedules, nextAt } = await store.due({ limit: 1_000 });
  return JSON.stringify({
    runs: await store.get(
      runs.map(({ id }) => id),
      { steps: true },
    ),
    output: await Promise.all(runs.map(async ({ id }) => await store.tail({ run: id, after: 0, maxBytes: 1_000_000 }))),
    workers,
    messages: await Promise.all(workers.map(async ({ id }) => await scene.messages(id))),
    held: await Promise.all(workers.map(async ({ id }) => await scene.held(id))),
    schedules,
    nextAt,
  });
}
