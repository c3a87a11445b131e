import { expect, test } from 'vitest';
import { changes, isFinal, isRunState, isTrigger, runStates, triggers } from '../../../src/job/state.ts';
import {
  evictionOf,
  cancelVerdict,
  eventVerdict,
  fullMailbox,
  holds,
  isCharged,
  letGoVerdict,
  outcomeVerdict,
  stateAfterLetGo,
  stepVerdict,
  type LiveRow,
} from '../../../src/job/transition.ts';

const held: LiveRow = { state: 'running', worker: 'w', epoch: 3, mailboxSeq: 2 };
const me = { worker: 'w', epoch: 3 };
const others = [
  { worker: 'other', epoch: 3 },
  { worker: 'w', epoch: 2 },
  { worker: 'w', epoch: 4 },
];
/** Let go by its owner in epoch 3, in the two ways there are. */
const letGo: LiveRow[] = [
  { state: 'waiting', worker: null, epoch: 3, mailboxSeq: 2 },
  { state: 'queued', worker: null, epoch: 3, mailboxSeq: 2 },
];
/** Taken from its owner: an eviction raises the epoch. */
const taken: LiveRow = { state: 'queued', worker: null, epoch: 4, mailboxSeq: 2 };

test('a run is held by exactly the worker and epoch that claimed it, while it is running', () => {
  expect(holds(held, me)).toBe(true);
  for (const by of others) expect(holds(held, by)).toBe(false);
  for (const live of [...letGo, taken, undefined]) expect(holds(live, me)).toBe(false);
});

test('a run that is let go ends where somebody has asked to cancel it, whatever else was wished', () => {
  for (const isNewer of [false, true]) {
    for (const wished of ['queued', 'waiting', 'failed'] as const) {
      expect(stateAfterLetGo(wished, { isCancelled: true, isNewer })).toBe('cancelled');
    }
  }
});

test('mail that an attempt has not seen queues a run that would wait, and changes nothing else', () => {
  expect(stateAfterLetGo('waiting', { isCancelled: false, isNewer: true })).toBe('queued');
  expect(stateAfterLetGo('waiting', { isCancelled: false, isNewer: false })).toBe('waiting');
  for (const isNewer of [false, true]) {
    expect(stateAfterLetGo('queued', { isCancelled: false, isNewer })).toBe('queued');
    expect(stateAfterLetGo('failed', { isCancelled: false, isNewer })).toBe('failed');
  }
});

test('only its owner lets a run go', () => {
  for (const isCancelled of [false, true]) {
    expect(letGoVerdict(held, undefined, { ...me, isCancelled })).toBe(isCancelled ? 'cancelled' : 'ok');
    for (const by of others) expect(letGoVerdict(held, undefined, { ...by, isCancelled })).toBe('stale');
    expect(letGoVerdict(taken, undefined, { ...me, isCancelled })).toBe('stale');
    expect(letGoVerdict(undefined, undefined, { ...me, isCancelled })).toBe('stale');
  }
});

test('a suspension or hand-back sent again finds that its owner let go, and is ok', () => {
  for (const live of letGo) {
    expect(letGoVerdict(live, undefined, { ...me, isCancelled: false })).toBe('ok');
    expect(letGoVerdict(live, undefined, { ...me, epoch: 2, isCancelled: false })).toBe('stale');
  }
});

test('one that was the end of the run, sent again, finds it cancelled in that epoch and says so again', () => {
  const by = { ...me, isCancelled: false };
  expect(letGoVerdict(undefined, { state: 'cancelled', epoch: 3 }, by)).toBe('cancelled');
  expect(letGoVerdict(undefined, { state: 'cancelled', epoch: 4 }, by)).toBe('stale');
  for (const state of ['succeeded', 'failed'] as const) {
    expect(letGoVerdict(undefined, { state, epoch: 3 }, by)).toBe('stale');
  }
  expect(letGoVerdict(taken, { state: 'cancelled', epoch: 3 }, by)).toBe('stale');
});

test('an outcome is accepted from the owner only', () => {
  expect(outcomeVerdict(held, undefined, { ...me, state: 'failed' })).toBe('ok');
  for (const by of others) expect(outcomeVerdict(held, undefined, { ...by, state: 'failed' })).toBe('stale');
  for (const live of [...letGo, taken]) {
    expect(outcomeVerdict(live, undefined, { ...me, state: 'failed' })).toBe('stale');
  }
});

test('an outcome sent again is ok when the run ended so in that epoch', () => {
  const ended = { state: 'succeeded', epoch: 3 } as const;
  expect(outcomeVerdict(undefined, ended, { ...me, state: 'succeeded' })).toBe('ok');
  expect(outcomeVerdict(undefined, ended, { ...me, state: 'failed' })).toBe('stale');
  expect(outcomeVerdict(undefined, { ...ended, epoch: 4 }, { ...me, state: 'succeeded' })).toBe('stale');
  expect(outcomeVerdict(undefined, undefined, { ...me, state: 'succeeded' })).toBe('stale');
});

test('an outcome of a run that was restarted since is stale, whatever its record says', () => {
  expect(outcomeVerdict(taken, { state: 'succeeded', epoch: 3 }, { ...me, state: 'succeeded' })).toBe('stale');
});

test('a step is recorded once: the same result again is ok, another one a conflict', () => {
  const done = { state: 'succeeded', epoch: 3, output: '1' } as const;
  expect(stepVerdict(undefined, done)).toBe('ok');
  expect(stepVerdict({ state: 'running', epoch: 1, output: null }, done)).toBe('ok');
  expect(stepVerdict(done, done)).toBe('ok');
  expect(stepVerdict({ ...done, epoch: 1 }, done)).toBe('ok');
  expect(stepVerdict(done, { ...done, output: '2' })).toBe('conflict');
  expect(stepVerdict(done, { ...done, output: null })).toBe('conflict');
  expect(stepVerdict(done, { ...done, state: 'failed' })).toBe('conflict');
});

test('the crash that reaches the limit fails the run, those before queue it again', () => {
  expect([0, 1, 2, 3].map((crashes) => evictionOf(crashes, 3))).toEqual(['queued', 'queued', 'failed', 'failed']);
  expect(evictionOf(0, 1)).toBe('failed');
});

test('a cancel is done at once where nobody holds the run, else it is a request', () => {
  expect(cancelVerdict(held)).toBe('pending');
  for (const live of [...letGo, taken]) expect(cancelVerdict(live)).toBe('done');
  expect(cancelVerdict(undefined)).toBe('finished');
});

test('every state can be reached, final ones are left only by retry and restart', () => {
  const reached = new Set<string>(['queued', ...changes.map(({ to }) => to)]);
  expect([...reached].toSorted()).toEqual([...runStates].toSorted());
  for (const { from, to, by } of changes) {
    if (!isFinal(from)) continue;
    expect({ to, revived: by === 'retry' || by === 'restart' }).toEqual({ to: 'queued', revived: true });
  }
});

test('no change is listed twice, and a success is never retried', () => {
  const names = changes.map(({ from, to, by }) => `${from} ${to} ${by}`);
  expect(new Set(names).size).toBe(names.length);
  expect(names).not.toContain('succeeded queued retry');
});

test('states and triggers are recognised by their exact names', () => {
  for (const state of runStates) expect(isRunState(state)).toBe(true);
  for (const trigger of triggers) expect(isTrigger(trigger)).toBe(true);
  for (const text of ['', 'Queued', 'done', 'cli '])
    expect([isRunState(text), isTrigger(text)]).toEqual([false, false]);
  expect(runStates.filter(isFinal)).toEqual(['succeeded', 'failed', 'cancelled']);
});

test('a crash is charged to what was suspect, and to a run that was alone', () => {
  for (const held of [1, 2, 8]) expect(isCharged({ isSuspect: true }, held)).toBe(true);
  expect(isCharged({ isSuspect: false }, 1)).toBe(true);
  for (const held of [2, 8]) expect(isCharged({ isSuspect: false }, held)).toBe(false);
});

test('an event is refused by a full mailbox, whoever holds the run', () => {
  const { events, bytes } = fullMailbox;
  expect(eventVerdict(held, { events: 0, bytes: 0 })).toBe('pending');
  expect(eventVerdict(held, { events: events - 1, bytes: bytes - 1 })).toBe('pending');
  expect(eventVerdict(held, { events, bytes: 0 })).toBe('full');
  expect(eventVerdict(held, { events: 1, bytes })).toBe('full');
  for (const live of letGo) expect(eventVerdict(live, { events, bytes })).toBe('full');
  expect(eventVerdict(undefined, { events, bytes })).toBe('finished');
});
