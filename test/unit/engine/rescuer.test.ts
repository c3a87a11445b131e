import { beforeEach, describe, expect, test } from 'vitest';
import { ownIdentity } from '../../../src/engine/host/identity.ts';
import { Rescuer } from '../../../src/engine/liveness/rescuer.ts';
import type { Meter } from '../../../src/ports/meter.ts';
import type { Store } from '../../../src/ports/store.ts';
import type { EvictTarget, WorkerView } from '../../../src/ports/store-worker.ts';
import { OnejobError } from '../../../src/job/errors.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';
import { until } from '../../support/until.ts';

const leaseMs = 10_000;
const pollMs = leaseMs / 5;

let clock: FakeClock;
let workers: WorkerView[];
let targets: EvictTarget[];
let freed: string[];
/** What the store answers to an eviction, per target. */
let taken: string[];
let log: RecordingLog;
let told: { workers: number; runs: number }[];
let polls: number;
let read: () => Promise<WorkerView[]>;
let rescuer: Rescuer;
/** The store takes the heartbeats of the rescuer's own process. */
let heartbeats: boolean;

beforeEach(async () => {
  clock = new FakeClock();
  workers = [worker('own'), worker('other')];
  [targets, freed, polls] = [[], [], 0];
  [taken, log, told] = [['a run'], new RecordingLog(), []];
  heartbeats = true;
  read = () => Promise.resolve(workers);
  rescuer = new Rescuer({
    store: {
      workers: async () => {
        const answer = await read();
        polls++;
        return answer.map((view) =>
          view.id === 'own' && heartbeats ? { ...view, heartbeat: 100 + polls } : { ...view },
        );
      },
      evict: (given: EvictTarget[]) => {
        targets.push(...given);
        workers = workers.filter(({ id }) => !given.some((target) => 'id' in target && target.id === id));
        return Promise.resolve(given.map(() => taken));
      },
    } as unknown as Store,
    own: 'own',
    clock,
    log,
    meter: { tookOver: (dead: (typeof told)[number]) => void told.push(dead) } as unknown as Meter,
    leaseMs,
    onFreed: (runs) => freed.push(...runs),
  });
  await rescuer.start();
  await settled(1);
});

function worker(id: string, over: Partial<WorkerView> = {}): WorkerView {
  return { id, node: id, heartbeat: 7, stalled: false, running: [], ...over } as WorkerView;
}

/** The poll of that number has been answered, and the rescuer waits for the next. */
async function settled(poll: number): Promise<void> {
  await until(`poll ${poll}`, () => polls === poll && clock.pending === 1);
}

/** Lets polls go by, `everyMs` apart. */
async function pass(count: number, everyMs = pollMs): Promise<void> {
  for (let i = 0; i < count; i++) {
    const poll = polls + 1;
    clock.advance(everyMs);
    await settled(poll);
  }
}

describe('a worker', () => {
  test('is not evicted while the store answers and takes no heartbeat from anybody', async () => {
    heartbeats = false;
    await pass(20);
    expect(targets).toEqual([]);
    heartbeats = true;
    await pass(4);
    expect(targets).toEqual([]);
    await pass(2);
    expect(targets).toHaveLength(1);
  });

  test('whose counter stands still for the lease is evicted, with the counter that was seen', async () => {
    await pass(4);
    expect(targets).toEqual([]);
    await pass(1);
    expect(targets).toEqual([{ id: 'other', seenHeartbeat: 7, counted: true }]);
    expect(freed).toEqual(['a run']);
  });

  test('whose runs are taken over is told to the log and the meter', async () => {
    await pass(5);
    expect(log.texts('warn')).toEqual(['a worker is dead; its runs are taken over']);
    expect(told).toEqual([{ workers: 1, runs: 1 }]);
  });

  test('of whom nothing was taken is neither called dead nor counted: another was first, or it lives', async () => {
    taken = [];
    await pass(5);
    expect(targets).toHaveLength(1);
    expect(log.texts('warn')).toEqual([]);
    expect(told).toEqual([]);
  });

  test('whose counter moves is not, however slowly within the lease', async () => {
    for (let i = 0; i < 5; i++) {
      await pass(4);
      workers[1] = worker('other', { heartbeat: 8 + i });
    }
    expect(targets).toEqual([]);
  });

  test('of this process is never evicted', async () => {
    workers = [worker('own')];
    await pass(20);
    expect(targets).toEqual([]);
  });

  test('that comes later is watched from then on', async () => {
    await pass(3);
    workers = [worker('own'), worker('new', { heartbeat: 1 })];
    await pass(5);
    expect(targets).toEqual([]);
    await pass(1);
    expect(targets).toMatchObject([{ id: 'new' }]);
  });
});

describe('a worker that has never beaten', () => {
  test('is given time while its process is certainly there: a short command heartbeats late', async () => {
    workers = [worker('own'), worker('new', { heartbeat: 0, identity: ownIdentity() })];
    await pass(20);
    expect(targets).toEqual([]);
    await pass(150);
    expect(targets).toMatchObject([{ id: 'new', seenHeartbeat: 0 }]);
  });

  test('is evicted after the lease when nobody can know', async () => {
    workers = [worker('own'), worker('new', { heartbeat: 0, identity: { ...ownIdentity(), host: 'elsewhere' } })];
    await pass(6);
    expect(targets).toMatchObject([{ id: 'new', seenHeartbeat: 0 }]);
  });
});

describe('a gap starts the watch anew', () => {
  test('a poll that failed', async () => {
    await pass(4);
    read = () => Promise.reject(new OnejobError('STORE_UNAVAILABLE', 'away'));
    clock.advance(pollMs);
    await until('the pause after a failure', () => clock.pending === 1);
    read = () => Promise.resolve(workers);
    clock.advance(5_000);
    await settled(6);
    await pass(4);
    expect(targets).toEqual([]);
    await pass(1);
    expect(targets).toHaveLength(1);
  });

  test('a poll that came late: this process was stopped, or the machine slept', async () => {
    await pass(4);
    await pass(1, 60_000);
    expect(targets).toEqual([]);
    await pass(4);
    expect(targets).toEqual([]);
    await pass(1);
    expect(targets).toHaveLength(1);
  });

  test('a poll whose answer took long', async () => {
    await pass(4);
    read = () => {
      clock.advance(pollMs + 1);
      return Promise.resolve(workers);
    };
    const poll = polls + 1;
    clock.advance(pollMs);
    await settled(poll);
    expect(targets).toEqual([]);
  });

  test('no wall clock decides: one that is set by an hour evicts nobody', async () => {
    await pass(4);
    clock.jump(3_600_000);
    workers[1] = worker('other', { heartbeat: 8 });
    await pass(4);
    expect(targets).toEqual([]);
  });
});

describe('a run past its limit', () => {
  const running = [{ run: 'r', epoch: 3, limitMs: 5_000 }];

  test('is ended over the head of a worker whose main loop stands still', async () => {
    for (let heartbeat = 8; heartbeat < 12; heartbeat++) {
      workers[1] = worker('other', { heartbeat, running, stalled: true });
      await pass(1);
    }
    expect(targets).toMatchObject([{ run: 'r', epoch: 3, code: 'RUN_TIMED_OUT' }]);
  });

  test('is left to a worker whose loop turns', async () => {
    for (let heartbeat = 8; heartbeat < 20; heartbeat++) {
      workers[1] = worker('other', { heartbeat, running });
      await pass(1);
    }
    expect(targets).toEqual([]);
  });

  test('is measured anew in each of its epochs', async () => {
    for (let heartbeat = 8; heartbeat < 16; heartbeat++) {
      workers[1] = worker('other', {
        heartbeat,
        running: [{ run: 'r', epoch: heartbeat, limitMs: 5_000 }],
        stalled: true,
      });
      await pass(1);
    }
    expect(targets).toEqual([]);
  });
});

test('stop ends the watch', async () => {
  await rescuer.stop();
  expect(clock.pending).toBe(0);
});
