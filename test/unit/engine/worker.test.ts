import { beforeEach, describe, expect, test } from 'vitest';
import type { Host } from '../../../src/engine/host/host.ts';
import { Journal } from '../../../src/engine/journal/journal.ts';
import { RunTree } from '../../../src/engine/worker/run-tree.ts';
import { RunningAttempts } from '../../../src/engine/worker/running-attempts.ts';
import { ServicePool } from '../../../src/engine/host/service-pool.ts';
import { Worker } from '../../../src/engine/worker/worker.ts';
import { defineJob } from '../../../src/job/define.ts';
import { OnejobError } from '../../../src/job/errors.ts';
import { Registry } from '../../../src/job/registry.ts';
import type { Claim, Claimed, ClaimRequest, LostClaim } from '../../../src/ports/store-claim.ts';
import type { Entry } from '../../../src/ports/store-entry.ts';
import type { Store } from '../../../src/ports/store.ts';
import { createDeferred, type Deferred } from '../../../src/std/deferred.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';
import { turns, until } from '../../support/until.ts';

/** A store that hands out what stands in line, one answer a call, and can hold its answers. */
class ScriptedStore {
  line: string[] = [];
  nextDueAt: number | null = null;
  requests: ClaimRequest[] = [];
  entries: Entry[] = [];
  hold: Deferred<void> | undefined;
  failure: Error | undefined;
  /** Of all runs, by the store's clock. */
  deadlineAt: number | null = null;
  /** Beyond ours at its beginning; it goes on steadily whatever is done to ours. */
  readonly startedAt = Date.UTC(2030, 0, 1);
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  readonly suspects = new Set<string>();
  /** What a claim took whose answer was lost. */
  readonly lost: string[] = [];

  async reclaim({ number }: LostClaim): Promise<Claimed> {
    this.reclaims.push(number);
    if (this.failure !== undefined) throw this.failure;
    const claims = this.lost.splice(0).map((run) => claimOf(run));
    return Promise.resolve({ claims, now: this.startedAt + this.#clock.monotonic(), nextDueAt: null });
  }

  readonly reclaims: number[] = [];

  async claim(request: ClaimRequest): Promise<Claimed> {
    this.requests.push(request);
    if (this.failure) throw this.failure;
    const { deadlineAt } = this;
    const claims = this.line.splice(0, request.free).map((run) => {
      const isSuspect = this.suspects.has(run);
      return { ...claimOf(run), deadlineAt, ...(isSuspect && { isSuspect: true as const }) };
    });
    await this.hold?.promise;
    return { claims, now: this.startedAt + this.#clock.monotonic(), nextDueAt: this.nextDueAt };
  }

  record({ entries }: { entries: readonly Entry[] }): Promise<string[]> {
    this.entries.push(...entries);
    return Promise.resolve(entries.map(() => 'ok'));
  }

  /** Outcomes and hand-backs, by run. */
  get ends(): string[] {
    return this.entries.map((entry) => `${entry.run} ${entry.kind === 'outcome' ? entry.state : entry.kind}`);
  }
}

let clock: FakeClock;
let store: ScriptedStore;
let log: RecordingLog;
let attempts: RunningAttempts;
let running: Map<string, Deferred<void>>;
let worker: Worker;

beforeEach(() => {
  clock = new FakeClock();
  store = new ScriptedStore(clock);
  log = new RecordingLog();
  running = new Map();
  worker = createWorker();
});

function createWorker({ slots = 2, tree = null as RunTree | null } = {}): Worker {
  const job = defineJob({
    name: 'work',
    grace: 1_000,
    run: async ({ run, signal }) => {
      const release = createDeferred<void>();
      running.set(run.id, release);
      signal.addEventListener('abort', () => release.reject(signal.reason));
      await release.promise;
    },
  });
  const scripted = store as unknown as Store;
  const host: Host = {
    store: scripted,
    journal: new Journal({ store: scripted, worker: 'w', clock, log }),
    registry: new Registry([job]),
    services: new ServicePool(log),
    hooks: {},
    clock,
    log,
    limits: { valueBytes: 1_000, outputBytes: 1_000, parkAfterMs: 1_000 },
    observer: {},
    signals: { work: () => undefined, mailbox: () => undefined },
  };
  attempts = new RunningAttempts(tree);
  return new Worker({ id: 'w', host, running: attempts, slots, tree, pollMs: 1_000 });
}

function claimOf(run: string): Claim {
  return {
    run,
    epoch: 1,
    job: 'work',
    key: null,
    trigger: 'api',
    input: null,
    args: [],
    request: null,
    attempt: 1,
    firstAttempt: 1,
    crashes: 0,
    generation: 0,
    priority: 0,
    traceId: 't',
    parent: null,
    root: run,
    scheduledAt: null,
    createdAt: 0,
    timeoutMs: null,
    deadlineAt: null,
    outputSeq: 0,
    outputBytes: 0,
    steps: 0,
    mailboxSeq: 0,
  };
}

async function begun(...runs: string[]): Promise<void> {
  await until(`${runs.join(', ')} run`, () => runs.every((run) => running.has(run)));
}

async function ended(run: string): Promise<void> {
  running.get(run)?.resolve();
  await until(`${run} has ended`, () => store.ends.includes(`${run} succeeded`));
  await turns();
}

describe('looking for work', () => {
  test('comes at once at the start, then ever more rarely up to the poll, and often again after a nudge', async () => {
    await worker.start();
    const pauses: number[] = [];
    for (let look = 1; look <= 9; look++) {
      await until(`look ${look}`, () => store.requests.length === look && clock.pending === 1);
      let pause = 0;
      while (store.requests.length === look) {
        clock.advance(25);
        pause += 25;
        await turns();
      }
      pauses.push(pause);
    }
    expect(pauses).toEqual([25, 50, 100, 200, 400, 800, 1_000, 1_000, 1_000]);
    worker.nudge();
    await until('a look', () => store.requests.length === 11 && clock.pending === 1);
    clock.advance(25);
    await until('another soon', () => store.requests.length === 12);
    await worker.stop();
  });

  test('comes when the next run is due, if that is sooner', async () => {
    store.nextDueAt = store.startedAt + 7;
    await worker.start();
    await until('a look', () => store.requests.length === 1 && clock.pending === 1);
    clock.advance(6);
    await turns();
    expect(store.requests).toHaveLength(1);
    clock.advance(1);
    await until('the next', () => store.requests.length === 2);
    await worker.stop();
  });

  test('asks for as many as there are slots, and for none while all are taken', async () => {
    store.line = ['a', 'b', 'c'];
    await worker.start();
    await begun('a', 'b');
    expect(store.requests.map(({ free }) => free)).toEqual([2]);
    worker.nudge();
    clock.advance(60_000);
    await turns();
    expect(store.requests).toHaveLength(1);
    await ended('a');
    await begun('c');
    expect(store.requests[1]?.free).toBe(1);
    for (const run of ['b', 'c']) await ended(run);
    await worker.stop();
  });

  test('a slot that comes free while a claim is on its way is used at once', async () => {
    store.line = ['a'];
    await worker.start();
    await begun('a');
    await until('it rests', () => clock.pending === 1);
    store.line = ['b', 'c'];
    store.hold = createDeferred<void>();
    worker.nudge();
    await until('a claim on its way', () => store.requests.length >= 2 && store.line.length === 1);
    await ended('a');
    store.hold.resolve();
    await begun('b', 'c');
    for (const run of ['b', 'c']) await ended(run);
    await worker.stop();
  });

  test('goes on at once when a suspect run has ended: another may have waited for that', async () => {
    store.suspects.add('a');
    store.line = ['a'];
    await worker.start();
    await begun('a');
    await until('it rests', () => clock.pending === 1);
    store.line = ['b'];
    await ended('a');
    await begun('b'); // no clock was moved
    await ended('b');
    await worker.stop();
  });

  test('that fails is told and tried again', async () => {
    store.failure = new OnejobError('STORE_UNAVAILABLE', 'away');
    await worker.start();
    await until('it pauses', () => clock.pending === 1);
    expect(log.texts('warn')).toEqual(['looking for work failed; trying again']);
    store.failure = undefined;
    store.line = ['a'];
    clock.advance(10_000);
    await begun('a');
    await ended('a');
    await worker.stop();
  });

  test('whose answer was lost is asked for by its number until there is one, and what it took is executed', async () => {
    store.failure = new OnejobError('STORE_UNAVAILABLE', 'away');
    await worker.start();
    await until('it pauses', () => clock.pending === 1);
    store.lost.push('a');
    store.line = ['b'];
    clock.advance(10_000);
    await until('it pauses again', () => store.reclaims.length === 1 && clock.pending === 1);
    store.failure = undefined;
    clock.advance(10_000);
    await begun('a', 'b');
    expect(store.reclaims).toEqual([1, 1]);
    expect(store.requests.map(({ number }) => number).slice(0, 2)).toEqual([1, 2]);
    await ended('a');
    await ended('b');
    await worker.stop();
  });

  test('of a process that runs jobs by itself is for its own runs only, and rests without any', async () => {
    const tree = new RunTree();
    worker = createWorker({ tree });
    await worker.start();
    await turns(10);
    expect(store.requests).toEqual([]);
    tree.follow('a');
    store.line = ['a'];
    worker.nudge();
    await begun('a');
    expect(store.requests[0]?.tree).toEqual(['a']);
    await ended('a');
    expect(tree.roots).toEqual([]);
    await worker.stop();
  });
});

describe('claiming ahead', () => {
  /** Two short runs have ended, so runs are known to be short; `a` and `b` run now, `c` and `d` wait for their slots. */
  async function claimNext(more: string[] = []): Promise<void> {
    store.line = ['w', 'x'];
    await worker.start();
    await begun('w', 'x');
    store.line = ['a', 'b', 'c', 'd', ...more];
    await Promise.all([ended('w'), ended('x')]);
    await begun('a', 'b');
    await until('c and d are claimed', () => store.line.length === more.length);
    await turns();
  }

  test('fetches as many as there are slots while short runs have them, and begins these as slots come free', async () => {
    await claimNext(['e']);
    expect([...running.keys()]).toEqual(['w', 'x', 'a', 'b']);
    expect(attempts.load).toBe(2);
    await ended('a');
    await begun('c');
    await ended('b');
    await begun('d');
    for (const run of ['c', 'd']) await ended(run);
    await begun('e');
    await ended('e');
    await worker.stop();
    expect(store.ends.filter((end) => end.endsWith('succeeded'))).toHaveLength(7);
  });

  test('fetches nothing where runs are long', async () => {
    store.line = ['a', 'b', 'c', 'd'];
    await worker.start();
    await begun('a', 'b');
    clock.advance(5_000);
    await ended('a');
    await begun('c');
    expect(store.line).toEqual(['d']);
    for (const run of ['b', 'c']) await ended(run);
    await begun('d');
    await ended('d');
    await worker.stop();
  });

  test('gives back who has waited a second for a slot, for others to do', async () => {
    await claimNext();
    await until('it rests', () => clock.pending === 1);
    clock.advance(1_000);
    await until('both are given back', () => store.ends.filter((end) => end.endsWith('handBack')).length === 2);
    expect(store.ends).toEqual(expect.arrayContaining(['c handBack', 'd handBack']));
    await until('they are given back', () => store.ends.filter((end) => end.endsWith('handBack')).length === 2);
    store.line = ['e'];
    worker.nudge();
    await turns();
    expect(store.line).toEqual(['e']);
    store.line = [];
    for (const run of ['a', 'b']) await ended(run);
    await worker.stop();
  });

  test('gives back who waits when it stops', async () => {
    await claimNext();
    const stopping = worker.stop();
    await until('both are given back', () => store.ends.filter((end) => end.endsWith('handBack')).length === 2);
    for (const run of ['a', 'b']) await ended(run);
    await stopping;
    expect(running.has('c')).toBe(false);
  });

  test('forgets who waits when the worker was evicted: others have them', async () => {
    await claimNext();
    const before = store.ends.length;
    worker.markAllLost();
    await until('it has none', () => attempts.load === 0);
    await worker.stop();
    expect(store.ends).toHaveLength(before);
  });
});

describe('what it holds', () => {
  test('is lost when it was evicted: the handlers are told, and nothing more is written', async () => {
    store.line = ['a', 'b'];
    await worker.start();
    await begun('a', 'b');
    worker.markAllLost();
    await until('both are left', () => attempts.load === 0);
    expect(store.ends).toEqual([]);
    await worker.stop();
  });

  test('a claim that is answered after the eviction was heard begins nothing: the runs are others’', async () => {
    store.line = ['a', 'b'];
    store.hold = createDeferred<void>();
    await worker.start();
    await until('a claim on its way', () => store.line.length === 0);
    worker.markAllLost();
    store.hold.resolve();
    await turns();
    expect([...running.keys()]).toEqual([]);
    expect(attempts.load).toBe(0);
    expect(await worker.execute(claimOf('c'), clock.now())).toBe('lost');
    expect([...running.keys()]).toEqual([]);
    await worker.stop();
    expect(store.ends).toEqual([]);
  });

  test('hears its mailbox items', async () => {
    store.line = ['a'];
    await worker.start();
    await begun('a');
    const cancel = { n: 1, kind: 'cancel', name: '', data: null, actor: 'ego', reason: 'enough', at: 0 } as const;
    attempts.all[0]?.deliver({ seen: 1, items: [cancel] });
    await until('it has ended', () => store.ends.length === 1);
    expect(store.entries).toMatchObject([{ state: 'cancelled', error: { message: 'cancelled by ego: enough' } }]);
    await worker.stop();
  });
});

test('a deadline falls by the store’s clock, whatever is done to the one of this machine', async () => {
  store.deadlineAt = store.startedAt + 5_000;
  store.line = ['a'];
  store.hold = createDeferred<void>();
  await worker.start();
  await until('a claim on its way', () => store.line.length === 0);
  clock.jump(3_600_000);
  store.hold.resolve();
  await begun('a');
  clock.jump(-7_200_000);
  clock.advance(4_999);
  await turns();
  expect(store.ends).toEqual([]);
  clock.advance(1);
  await until('it has ended', () => store.ends.length === 1);
  expect(store.entries[0]).toMatchObject({ kind: 'outcome', state: 'failed', error: { code: 'RUN_TIMED_OUT' } });
  await worker.stop();
});

describe('stop', () => {
  test('claims nothing more and waits for what runs', async () => {
    store.line = ['a'];
    await worker.start();
    await begun('a');
    let stopped = false;
    const stopping = worker.stop().then(() => (stopped = true));
    await turns();
    expect(stopped).toBe(false);
    store.line = ['b'];
    worker.nudge();
    await ended('a');
    await stopping;
    expect(running.has('b')).toBe(false);
  });

  test('gives back what a claim brings that was on its way', async () => {
    store.line = ['a'];
    store.hold = createDeferred<void>();
    await worker.start();
    await until('a claim on its way', () => store.requests.length === 1);
    const stopping = worker.stop();
    store.hold.resolve();
    await stopping;
    expect(store.ends).toEqual(['a handBack']);
    expect(running.size).toBe(0);
  });

  test('ends when the store is given up, whatever still waits for it', async () => {
    store.line = ['a'];
    await worker.start();
    await begun('a');
    const stopping = worker.stop();
    worker.abandon();
    await stopping;
  });
});
