import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import { Engine } from '../../../src/engine/host/engine.ts';
import { Outbox } from '../../../src/intake/outbox.ts';
import { RunTree } from '../../../src/engine/worker/run-tree.ts';
import { ServicePool } from '../../../src/engine/host/service-pool.ts';
import { Signals } from '../../../src/intake/signals.ts';
import { callbackKey } from '../../../src/job/callbacks.ts';
import { defineJob } from '../../../src/job/define.ts';
import { definePipeline } from '../../../src/job/pipeline.ts';
import { Registry } from '../../../src/job/registry.ts';
import type { Claim } from '../../../src/ports/store-claim.ts';
import type { Store } from '../../../src/ports/store.ts';
import { newId } from '../../../src/std/id.ts';
import {
  cancelOf,
  ended,
  registration,
  newRun,
  termsOf,
} from '../../../src/testing/store-contract/harness/builders.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';
import { turns, until } from '../../support/until.ts';

const called = definePipeline({ name: 'called' })
  .step('a', () => 1)
  .onSuccess(() => undefined);
const registry = new Registry([defineJob({ name: 'work', run: () => 1 }), called]);

let clock: FakeClock;
let store: Store;
let number = 0;
const worker = newId();

beforeEach(async () => {
  clock = new FakeClock();
  store = await openSqliteStore({ path: ':memory:', clock });
  await store.migrate();
  await store.registerWorker(registration({ id: worker, jobs: registry.names() }));
});

afterEach(() => store.close());

/** What another worker has claimed. */
async function claim(name: string): Promise<readonly Claim[]> {
  const jobs = [termsOf(name, name === 'called' ? { callbacks: 'success' } : {})];
  return (await store.claim({ worker, number: ++number, jobs, free: 10, turn: 0 })).claims;
}

const end = (claims: readonly Claim[]) =>
  store.record({ worker, entries: claims.map((each) => ended({ run: each.run, epoch: each.epoch })) });

test('a process that runs work by itself forgets what ended in another worker, was cancelled, or is gone', async () => {
  const log = new RecordingLog();
  const signals = new Signals({ others: { work: () => undefined, mailbox: () => undefined }, facts: store.facts });
  const engine = new Engine({
    store,
    outbox: new Outbox({ store, clock, log }),
    registry: new Registry([]), // so that it takes none of them itself
    services: new ServicePool(log),
    hooks: {},
    clock,
    log,
    limits: { valueBytes: 1_000_000, outputBytes: 1_000_000, parkAfterMs: 60_000 },
    observer: {},
    node: 'here',
    replaces: false,
    version: '1.0.0',
    slots: 5,
    leaseMs: 10_000,
    pollMs: 1_000,
    retention: { succeededMs: 1e9, failedMs: 1e9, succeededRuns: 10, failedRuns: 10 },
    takes: 'own runs',
    exitOnStall: false,
    signals,
    onEvicted: () => undefined,
  });
  await engine.registerWorker();
  const runs = Array.from({ length: 50 }, () => newRun());
  await store.submit(runs.slice(0, 48));
  const claims = [...(await claim('work')), ...(await claim('work'))];
  expect(claims).toHaveLength(20);
  await end(claims);
  const cancelled = runs.slice(20, 47);
  await store.act(cancelled.map(({ id }) => cancelOf(id)));
  for (const { id } of runs) engine.follow(id);
  const open = runs[47]!.id;
  await until('the others are forgotten', async () => {
    clock.advance(1_000);
    await turns();
    return engine.roots.length === 1;
  });
  expect(engine.roots).toEqual([open]);
  await engine.stop(0);
});

test('a run whose callback has not ended stays followed, and goes with it', async () => {
  const run = newRun({ job: 'called', callbacks: 'success' });
  await store.submit([run]);
  const claims = await claim('called');
  await end(claims);
  const tree = new RunTree();
  tree.follow(run.id);
  expect(await tree.forgetEnded(tree.roots, store, registry)).toBe(0);
  const [callback] = await store.get([callbackKey({ id: run.id, epoch: claims[0]!.epoch })]);
  expect(callback).toMatchObject({ state: 'queued' });
  await end(await claim('called'));
  expect(await tree.forgetEnded(tree.roots, store, registry)).toBe(1);
  expect(tree.roots).toEqual([]);
});

test('what is followed anew while its end is read, or recorded, stays followed', async () => {
  const run = newRun();
  await store.submit([run]);
  const claims = await claim('work');
  await end(claims);
  const tree = new RunTree();
  tree.follow(run.id);
  const since = tree.follows;
  const reading = tree.forgetEnded(tree.roots, store, registry);
  tree.follow(run.id);
  expect(await reading).toBe(0);
  tree.leave(claims[0]!, { job: registry.get('work'), end: 'succeeded', since });
  expect(tree.roots).toEqual([run.id]);
  tree.leave(claims[0]!, { job: registry.get('work'), end: 'succeeded', since: tree.follows });
  expect(tree.roots).toEqual([]);
});

test('an interruption leaves only the parents of what it ended, each once, and then theirs', async () => {
  const tree = new RunTree();
  const [root, parent] = [newRun(), newRun()];
  tree.follow(newId());
  tree.interrupt([parent.id]);
  tree.follow(newId());
  expect(tree.roots).toEqual([parent.id]);

  await store.submit([root, { ...parent, parent: root.id, root: root.id }]);
  const claims = await claim('work');
  const [above, below] = [root, parent].map(({ id }) => claims.find(({ run }) => run === id)!);
  expect([above, below, below, above].map((each) => tree.takesAlong(each!))).toEqual([false, true, false, true]);
  expect(tree.size).toBe(0);
});
