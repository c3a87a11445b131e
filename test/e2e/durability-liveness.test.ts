import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openFakeClock } from '../support/fake-clock.ts';
import { lockFile } from '../support/freeze.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import {
  openFixture,
  type Fixture,
  type WorkerProcess,
  storeKinds,
  type StoreKind,
} from '../support/worker-processes.ts';

const torture = process.env['TORTURE'] === '1';
/** Longer than the lease of 10 s in any case. */
const absenceMs = torture ? 20_000 : 12_000;
const blockMs = torture ? 30_000 : 13_000;
/** On a busy machine polls are late, and each that is late begins the watch anew. */
const patienceMs = 90_000;

describe.each(storeKinds)('who is alive on %s', (kind) => {
  test('VT-11 a worker killed for good is noticed by another that watched it', async () => {
    const fixture = await openFixture(kind);
    const previous = await fixture.worker();
    const { id } = await fixture.client.enqueue('listens');
    // Recorded behind the takeover, it would set the crashes to 0.
    await until(
      'its step is recorded',
      async () => (await fixture.client.find(id, { steps: true })).steps?.length === 1,
    );
    const heir = await fixture.worker();
    previous.kill('SIGKILL');
    await previous.exited;
    const killedAt = performance.now();
    await until('the heir has it', () => by(fixture, id, heir).includes('begun'), patienceMs);
    // Not before the lease: what is not seen to stand still for 10 s may be alive. Its last heartbeat may be seconds old.
    expect(performance.now() - killedAt).toBeGreaterThan(5_000);
    expect((await fixture.client.find(id)).crashes).toBe(1);
  }, 180_000);

  test('VT-11 a worker whose loop is blocked for longer than the lease is not taken over', async () => {
    const fixture = await openFixture(kind);
    const blocked = await fixture.worker();
    const handle = await fixture.client.enqueue('block', { ms: blockMs });
    await until('it blocks', () => by(fixture, handle.id, blocked).includes('begun'));
    const other = await fixture.worker();
    const beside = await fixture.client.enqueue('voyage', { steps: 20, ms: 50 });
    expect(await beside.result({ timeout: '60s' })).toBe('there');
    expect(await handle.result({ timeout: '90s' })).toBe('done');
    expect(await fixture.client.find(handle.id)).toMatchObject({ crashes: 0, attempt: 1 });
    expect(eventsOf(fixture, handle.id, 'begun')).toEqual([blocked.pid]);
    expect(by(fixture, beside.id, other)).not.toEqual([]);
  }, 180_000);

  test('VT-17 a store that is away for longer than the lease takes nothing over and shows no error', async () => {
    const world = await openWorld(kind);
    const { fixture } = world;
    await until('all are under way', () => world.ids.every((id) => stepsOf(fixture, id).length > 3));
    const comeBack = await world.leave();
    await sleep(absenceMs); // the absence is what is tried
    await comeBack();
    await expectQuietVoyages(world);
    for (const { stderr } of world.workers) expect(stderr()).not.toContain('taken over');
  }, 240_000);

  if (kind !== 'sqlite') {
    test('VT-17 a server that holds its connections and says nothing for longer than the lease takes nothing over', async () => {
      const world = await openWorld(kind);
      await until('all are under way', () => world.ids.every((id) => stepsOf(world.fixture, id).length > 3));
      world.hold();
      await sleep(absenceMs); // the absence is what is tried
      world.release();
      await expectQuietVoyages(world);
      for (const { stderr } of world.workers) expect(stderr()).not.toContain('taken over');
    }, 240_000);
  }

  test('VT-11 a clock that is set by an hour, to and fro, takes nothing over', async () => {
    const fixture = await openFixture(kind, { lease: '2s' });
    const clock = await openFakeClock(fixture.path('clock'));
    const workers = [
      await fixture.worker({ concurrency: 2, env: clock.env }),
      await fixture.worker({ concurrency: 2 }),
    ];
    const handles = await fixture.client.enqueueMany(
      'voyage',
      Array.from({ length: 4 }, () => ({ input: { steps: 60, ms: 100 } })),
    );
    const ids = handles.map(({ id }) => id);
    await until('both work', () => workers.every((worker) => ids.some((id) => stepsBy(fixture, id, worker) > 1)));
    for (const hours of [1, -1, 0, 24]) {
      clock.set(hours);
      await until('it works under that clock', () => hourOf(fixture, workers[0]) === hours);
      await sleep(500); // its heartbeats, and the watch over others, go on under that clock
    }
    await expectQuietVoyages({ fixture, ids, steps: 60 });
    for (const { stderr } of workers) expect(stderr()).not.toContain('taken over');
  }, 120_000);

  test('a cancel by another process is heard within a second, however rare the heartbeats are', async () => {
    const fixture = await openFixture(kind, { lease: '5m' });
    await fixture.worker();
    const { id } = await fixture.client.enqueue('listens');
    await until('it runs', () => eventsOf(fixture, id, 'begun').length === 1);
    await fixture.client.cancel(id, 'enough');
    await until('it has heard', () => eventsOf(fixture, id, 'aborted').length === 1); // a heartbeat comes once a minute
    expect(fixture.ledger().find(({ event }) => event === 'aborted')?.reason).toBe('RUN_CANCELLED');
    expect((await fixture.client.wait(id, { timeout: '60s' })).state).toBe('cancelled');
  }, 120_000);

  test('SJ-10 a run past its time-out whose loop never turns again is ended by another node, also where the time-out is known to the job only', async () => {
    const fixture = await openFixture(kind);
    const hung = await fixture.worker();
    // By a client without the job's code: the worker that claims it brings the limit.
    const { id } = await fixture.client.enqueue('hang');
    await until('it hangs', () => by(fixture, id, hung).includes('begun'));
    const hangsAt = performance.now();
    const other = await fixture.worker();
    const run = await fixture.client.wait(id, { timeout: patienceMs });
    expect(run).toMatchObject({ state: 'failed', crashes: 0, error: { code: 'RUN_TIMED_OUT' } });
    expect(performance.now() - hangsAt).toBeGreaterThan(2_000);
    expect(eventsOf(fixture, id, 'begun')).toEqual([hung.pid]);
    const next = await fixture.client.enqueue('voyage', { steps: 2, ms: 1 });
    expect(await next.result({ timeout: '60s' })).toBe('there');
    expect(stepsBy(fixture, next.id, other)).toBe(2);
  }, 180_000);
});

interface Voyages {
  readonly fixture: Fixture;
  readonly ids: readonly string[];
  readonly steps: number;
}

interface World extends Voyages {
  readonly workers: readonly WorkerProcess[];
  /** The store is away from now on. Returns the way back. */
  leave(): Promise<() => Promise<void>>;
  /** Only a network can do that. */
  hold(): void;
  release(): void;
}

/** Two workers with runs that are under way for longer than the store will be away. */
async function openWorld(kind: StoreKind): Promise<World> {
  const fixture = await openFixture(kind);
  const proxy = kind !== 'sqlite' ? await openTcpProxy(fixture.store) : undefined;
  onTestFinished(() => proxy?.close());
  const choice = { concurrency: 2, ...(proxy && { store: proxy.url }) };
  const workers = [await fixture.worker(choice), await fixture.worker(choice)];
  const steps = 40;
  const handles = await fixture.client.enqueueMany(
    'voyage',
    Array.from({ length: 4 }, () => ({ input: { steps, ms: 100 } })),
  );
  return {
    fixture,
    workers,
    steps,
    ids: handles.map(({ id }) => id),
    async leave() {
      if (!proxy) {
        const unlock = await lockFile(fixture.store);
        return () => Promise.resolve(unlock());
      }
      await proxy.shut();
      return () => proxy.reopen();
    },
    hold: () => proxy?.hold('both'),
    release: () => proxy?.release(),
  };
}

/** All of them arrived by themselves, each step was executed exactly once, and no handler saw an error. */
async function expectQuietVoyages({ fixture, ids, steps }: Voyages): Promise<void> {
  for (const id of ids) {
    const run = await fixture.client.wait(id, { timeout: '90s' });
    expect(run).toMatchObject({ state: 'succeeded', error: null, crashes: 0, attempt: 1 });
    expect(stepsOf(fixture, id)).toEqual(Array.from({ length: steps }, (_, i) => i));
    expect((await fixture.client.find(id, { steps: true })).steps).toHaveLength(steps);
  }
  expect(fixture.ledger().filter(({ event }) => event === 'error')).toEqual([]);
}

/** How many hours the clock of a worker is ahead, by what it last wrote down. */
function hourOf(fixture: Fixture, worker: WorkerProcess | undefined): number {
  const { at = Number.NaN } = fixture.ledger().findLast(({ pid }) => pid === worker?.pid) ?? {};
  return Math.round((at - Date.now()) / 3_600_000);
}

const by = (fixture: Fixture, id: string, { pid }: WorkerProcess) =>
  fixture.ledger().flatMap((line) => (line.run === id && line.pid === pid ? [line.event ?? line.step] : []));

const eventsOf = (fixture: Fixture, id: string, event: string) =>
  fixture.ledger().flatMap((line) => (line.run === id && line.event === event ? [line.pid] : []));

const stepsOf = (fixture: Fixture, id: string) =>
  fixture.ledger().flatMap(({ run, step }) => (run === id && step !== undefined ? [step] : []));

const stepsBy = (fixture: Fixture, id: string, { pid }: WorkerProcess) =>
  fixture.ledger().filter((line) => line.run === id && line.pid === pid && line.step !== undefined).length;
