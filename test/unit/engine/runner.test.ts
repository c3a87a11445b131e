import { beforeEach, expect, test } from 'vitest';
import { Attempt } from '../../../src/engine/attempt/attempt.ts';
import type { Execution } from '../../../src/engine/attempt/execution.ts';
import type { Host } from '../../../src/engine/host/host.ts';
import { inlineRunner } from '../../../src/engine/attempt/inline-runner.ts';
import { Journal } from '../../../src/engine/journal/journal.ts';
import type { Runner } from '../../../src/engine/attempt/runner.ts';
import { runnerOf } from '../../../src/engine/attempt/runners.ts';
import { ServicePool } from '../../../src/engine/host/service-pool.ts';
import { newRun } from '../../../src/intake/new-run.ts';
import { defineJob } from '../../../src/job/define.ts';
import { OnejobError } from '../../../src/job/errors.ts';
import { decodeLines } from '../../../src/job/output-line.ts';
import { Registry } from '../../../src/job/registry.ts';
import { freshClaim } from '../../../src/ports/fresh-claim.ts';
import type { Entry } from '../../../src/ports/store-entry.ts';
import type { Store } from '../../../src/ports/store.ts';
import { createDeferred, type Deferred } from '../../../src/std/deferred.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';
import { turns } from '../../support/until.ts';

const job = defineJob({ name: 'work', grace: 1_000, run: () => 'the handler' });

let clock: FakeClock;
let entries: Entry[];
let texts: string[];
let storeIsAway: Deferred<void> | undefined;
let zombieHandler: number;

beforeEach(() => {
  clock = new FakeClock();
  [entries, texts, storeIsAway, zombieHandler] = [[], [], undefined, 0];
});

async function attempt(runner: Runner): Promise<Attempt> {
  const log = new RecordingLog();
  const store = {
    async record(batch: { entries: readonly Entry[] }) {
      await storeIsAway?.promise;
      entries.push(...batch.entries);
      return batch.entries.map(() => 'ok');
    },
    async append({ chunks }: { chunks: readonly { bytes: Uint8Array }[] }) {
      await storeIsAway?.promise;
      for (const { bytes } of chunks) texts.push(...decodeLines(bytes).map(({ text }) => text));
      return chunks.map(() => 'ok');
    },
  } as unknown as Store;
  const host: Host = {
    store,
    journal: new Journal({ store, worker: 'w', clock, log }),
    registry: new Registry([job]),
    services: new ServicePool(log),
    hooks: {},
    clock,
    log,
    limits: { valueBytes: 1_000, outputBytes: 100_000_000, parkAfterMs: 1_000 },
    observer: {},
    meter: {
      zombieHandler: () => zombieHandler++,
      began: noop,
      ended: noop,
      settledLate: noop,
      committed: noop,
    } as never,
    signals: { work: noop, mailbox: noop },
  };
  const claim = freshClaim(await newRun(job, { input: 7, trigger: 'api' }, 1_000), clock.now());
  const slot = { release: noop, take: () => Promise.resolve(), isReachable: true, mayStart: () => Promise.resolve() };
  return new Attempt({ claim, job, host, slot, storeClockOffsetMs: clock.now(), runner });
}

const noop = (): void => undefined;

test('a job is executed by the runner of its kind, with its input', async () => {
  expect(runnerOf(job)).toBe(inlineRunner);
  const ran = await attempt({ run: ({ input }) => `got ${String(input)}`, terminate: () => false });
  expect(await ran.run()).toBe('succeeded');
  expect(entries).toMatchObject([{ kind: 'outcome', state: 'succeeded', output: '"got 7"' }]);
});

test('a runner that waits for room loses no line, however slow the store is', async () => {
  storeIsAway = createDeferred();
  let written = 0;
  const chatty = await attempt({
    async run({ output }) {
      for (; written < 3_000; written++) {
        const text = `${written} ${'x'.repeat(1_000)}`;
        const hasRoom = output.write({ at: 0, stream: 'stdout', level: 'info', text });
        if (!hasRoom) await output.room();
      }
    },
    terminate: () => false,
  });
  const ended = chatty.run();
  await turns(10);
  expect(written).toBeGreaterThan(900);
  expect(written).toBeLessThan(1_100);
  storeIsAway.resolve();
  expect(await ended).toBe('succeeded');
  expect(texts.map((text) => Number.parseInt(text, 10))).toEqual(Array.from({ length: 3_000 }, (_, i) => i));
});

test('who waits for room goes on when the attempt is over', async () => {
  storeIsAway = createDeferred();
  let isFree = false;
  const held = await attempt({
    async run({ output }) {
      while (output.write({ at: 0, stream: 'stdout', level: 'info', text: 'x'.repeat(60_000) }));
      await output.room();
      isFree = true;
    },
    terminate: () => false,
  });
  const ended = held.run();
  await turns();
  expect(isFree).toBe(false);
  held.markLost();
  expect(await ended).toBe('lost');
  await turns();
  expect(isFree).toBe(true);
});

class Stubborn implements Runner {
  readonly settled = createDeferred<unknown>();
  readonly terminated: Execution[] = [];
  readonly #canEnd: boolean;

  constructor(canEnd: boolean) {
    this.#canEnd = canEnd;
  }

  run(): unknown {
    return this.settled.promise;
  }

  terminate(execution: Execution): boolean {
    this.terminated.push(execution);
    return this.#canEnd;
  }
}

const late = new OnejobError('RUN_TIMED_OUT', 'too long');

test('past the grace a runner is told to end its code, and what it settles with is waited for', async () => {
  const runner = new Stubborn(true);
  const stubborn = await attempt(runner);
  const ended = stubborn.run();
  await turns();
  stubborn.abort(late);
  clock.advance(999);
  expect(runner.terminated).toEqual([]);
  clock.advance(1);
  expect(runner.terminated).toHaveLength(1);
  await turns();
  expect(entries).toEqual([]);
  runner.settled.reject(new Error('killed'));
  expect(await ended).toBe('failed');
  expect(entries).toMatchObject([{ kind: 'outcome', error: { code: 'RUN_TIMED_OUT' } }]);
  expect(zombieHandler).toBe(0);
});

test('code that no runner can end is left behind', async () => {
  const runner = new Stubborn(false);
  const stubborn = await attempt(runner);
  const ended = stubborn.run();
  await turns();
  stubborn.abort(late);
  clock.advance(1_000);
  expect(await ended).toBe('failed');
  expect(zombieHandler).toBe(1);
});
