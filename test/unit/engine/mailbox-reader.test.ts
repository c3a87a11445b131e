import { beforeEach, describe, expect, test } from 'vitest';
import type { Attempt } from '../../../src/engine/attempt/attempt.ts';
import { MailboxReader } from '../../../src/engine/liveness/mailbox-reader.ts';
import type { Inbox, MessageRequest, Messages } from '../../../src/ports/store-message.ts';
import type { Store } from '../../../src/ports/store.ts';
import { createDeferred, type Deferred } from '../../../src/std/deferred.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';
import { RecordingLog } from '../../support/recording-log.ts';
import { turns, until } from '../../support/until.ts';

let clock: FakeClock;
let attempts: Attempt[];
let requests: MessageRequest[];
/** What the store answers, one after the other; then that there is nothing. */
let answers: Messages[];
let hold: Deferred<void> | undefined;
let told: string[];
let letsGo: Set<string>;
let reader: MailboxReader;

const nothing: Messages = { inboxes: [], lost: [], hasMore: false };

beforeEach(async () => {
  clock = new FakeClock();
  [attempts, requests, answers, told, letsGo, hold] = [[], [], [], [], new Set(), undefined];
  reader = new MailboxReader({
    store: {
      messages: async (request: MessageRequest) => {
        requests.push(request);
        await hold?.promise;
        return answers.shift() ?? nothing;
      },
    } as unknown as Store,
    id: 'w',
    running: {
      get all() {
        return attempts;
      },
    },
    clock,
    log: new RecordingLog(),
    everyMs: 1_000,
  });
  await reader.start();
  await resting();
});

async function resting(): Promise<void> {
  await until('the reader rests', () => clock.pending === 1);
}

function attempt(run: string, epoch = 1): Attempt {
  let seen = 0;
  return {
    claim: { run, epoch },
    get mailbox() {
      return letsGo.has(run) ? null : { run, epoch, seen };
    },
    deliver: (inbox: Inbox) => {
      seen = inbox.seen;
      told.push(`${run} ${epoch}: ${inbox.seen}`);
    },
    markLost: () => void told.push(`${run} ${epoch} lost`),
  } as unknown as Attempt;
}

const inbox = (run: string, seen: number): Inbox => ({ run, epoch: 1, seen, items: [] });

async function pass(ms: number): Promise<void> {
  clock.advance(ms);
  await turns();
}

describe('the messages of runs in execution', () => {
  test('are not asked for while nothing executes, whatever is hinted', async () => {
    for (let i = 0; i < 50; i++) reader.nudge();
    await turns();
    await pass(10_000);
    expect(requests).toEqual([]);
  });

  test('are asked for at the latest every second, from where each was read to', async () => {
    attempts = [attempt('a'), attempt('b')];
    answers = [{ ...nothing, inboxes: [inbox('b', 7)] }];
    await pass(1_000);
    await resting();
    await pass(1_000);
    expect(requests.map(({ runs }) => runs.map(({ run, seen }) => `${run} ${seen}`))).toEqual([
      ['a 0', 'b 0'],
      ['a 0', 'b 7'],
    ]);
    expect(told).toEqual(['b 1: 7']);
  });

  test('are asked for at once after a hint; hints that come while one call is under way make one more', async () => {
    attempts = [attempt('a')];
    hold = createDeferred();
    reader.nudge();
    await until('a call is under way', () => requests.length === 1);
    for (let i = 0; i < 50; i++) reader.nudge();
    await turns();
    expect(requests).toHaveLength(1);
    hold.resolve();
    await until('one more', () => requests.length === 2);
    await resting();
    expect(requests).toHaveLength(2);
  });

  test('are asked for again at once where some were left out', async () => {
    attempts = [attempt('a')];
    answers = [1, 2, 3].map((n) => ({ ...nothing, inboxes: [inbox('a', n)], hasMore: n < 3 }));
    reader.nudge();
    await until('all are there', () => told.length === 3);
    await resting();
    expect(requests.map(({ runs }) => runs[0]?.seen)).toEqual([0, 1, 2]);
    expect(requests.every(({ maxBytes }) => maxBytes <= 16_777_216)).toBe(true);
  });
});

describe('a run that the store says is lost', () => {
  test('is told so', async () => {
    attempts = [attempt('a'), attempt('b')];
    answers = [{ ...nothing, lost: ['b'] }];
    await pass(1_000);
    expect(told).toEqual(['b 1 lost']);
  });

  test('is not, where an entry that lets go of it was sent meanwhile: its verdict decides', async () => {
    attempts = [attempt('a')];
    answers = [{ ...nothing, lost: ['a'] }];
    hold = createDeferred();
    reader.nudge();
    await until('a call is under way', () => requests.length === 1);
    letsGo.add('a');
    hold.resolve();
    await resting();
    expect(told).toEqual([]);
  });

  test('is not, where it was claimed anew meanwhile: the store spoke of the attempt before', async () => {
    const before = attempt('a');
    attempts = [before];
    answers = [{ ...nothing, lost: ['a'] }];
    hold = createDeferred();
    reader.nudge();
    await until('a call is under way', () => requests.length === 1);
    attempts = [attempt('a', 2)];
    hold.resolve();
    await resting();
    expect(told).toEqual(['a 1 lost']);
  });

  test('is not asked about while it lets go', async () => {
    attempts = [attempt('a'), attempt('b')];
    letsGo.add('a');
    await pass(1_000);
    expect(requests.map(({ runs }) => runs.map(({ run }) => run))).toEqual([['b']]);
  });
});
