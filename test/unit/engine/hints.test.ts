import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSqliteStore } from '../../../src/adapters/sqlite/index.ts';
import { Engine } from '../../../src/engine/host/engine.ts';
import { Outbox } from '../../../src/intake/outbox.ts';
import { ServicePool } from '../../../src/engine/host/service-pool.ts';
import { newRun } from '../../../src/intake/new-run.ts';
import { Signals } from '../../../src/intake/signals.ts';
import { defineJob } from '../../../src/job/define.ts';
import { Registry } from '../../../src/job/registry.ts';
import type { Store } from '../../../src/ports/store.ts';
import { newId } from '../../../src/std/id.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';
import { turns, until } from '../../support/until.ts';

let clock: FakeClock;
let store: Store;
let engine: Engine;
let signals: Signals;
let calls: Record<'heartbeat' | 'messages', number>;
let hinted: (readonly string[] | null)[];
let run: string;

const job = defineJob({ name: 'long', run: ({ step }) => step.wait('go') });

/** A worker with one run in execution, at rest. */
beforeEach(async () => {
  clock = new FakeClock();
  [calls, hinted] = [{ heartbeat: 0, messages: 0 }, []];
  store = counting(await openSqliteStore({ path: ':memory:', clock }));
  await store.migrate();
  const log = new RecordingLog();
  const outbox = new Outbox({ store, clock, log });
  const others = { work: () => undefined, mailbox: (runs: readonly string[] | null) => void hinted.push(runs) };
  signals = new Signals({ others, facts: store.facts });
  engine = new Engine({
    store,
    outbox,
    registry: new Registry([job]),
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
    takes: 'due runs',
    exitOnStall: false,
    signals,
    onEvicted: () => undefined,
  });
  const wished = await newRun(job, { input: undefined, trigger: 'api' }, 1_000);
  run = wished.id;
  await store.submit([wished]);
  await engine.start();
  await until('it waits', async () => (await store.get([run], { steps: true }))[0]?.steps?.[0]?.key === 'go');
  await turns();
});

afterEach(async () => {
  await engine.stop(0);
  await store.close();
});

function counting(real: Store): Store {
  return new Proxy(real, {
    get(_, name: keyof Store) {
      if (name === 'heartbeat' || name === 'messages') calls[name]++;
      const value: unknown = Reflect.get(real, name, real);
      return typeof value === 'function' ? (value.bind(real) as unknown) : value;
    },
  });
}

test('fifty hints of work make no heartbeat, and no look for messages', async () => {
  const before = { ...calls };
  for (let i = 0; i < 50; i++) {
    signals.workHere();
    await turns();
  }
  expect(calls).toEqual(before);
});

test('fifty hints of messages to runs of others make none either', async () => {
  const before = { ...calls };
  for (let i = 0; i < 50; i++) {
    expect(signals.mailboxHere([newId()])).toBe(false);
    await turns();
  }
  expect(calls).toEqual(before);
});

test('a hint of a message to a run that executes here makes one look and no heartbeat, and its message is there', async () => {
  const before = { ...calls };
  const event = { id: 'e', ref: run, kind: 'event', name: 'go', data: '1', actor: 'a', reason: null } as const;
  await store.act([event]);
  expect(signals.mailboxHere([run])).toBe(true);
  await until('it has ended', async () => (await store.get([run]))[0]?.state === 'succeeded');
  expect(calls).toEqual({ heartbeat: before.heartbeat, messages: before.messages + 1 });
  expect(hinted).toEqual([]);
});

test('heartbeats come by the clock: one in two seconds, whatever is hinted', async () => {
  const before = calls.heartbeat;
  for (let second = 0; second < 10; second++) {
    for (let i = 0; i < 20; i++) {
      signals.workHere();
      signals.mailboxHere(null);
      clock.advance(50);
      await turns();
    }
  }
  expect(calls.heartbeat - before).toBe(5);
});
