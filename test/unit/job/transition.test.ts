import { expect, test } from 'vitest';
import { changes, isFinal, isRunState, isTrigger, runStates, triggers } from '../../../src/job/state.ts';
import {
  burialOf,
  cancelVerdict,
  handBackVerdict,
  holds,
  outcomeVerdict,
  stepVerdict,
  suspendVerdict,
  type LiveRow,
} from '../../../src/job/transition.ts';

const held: LiveRow = { state: 'running', worker: 'w', epoch: 3, mail: 2 };
const me = { worker: 'w', epoch: 3 };
const strangers = [
  { worker: 'other', epoch: 3 },
  { worker: 'w', epoch: 2 },
  { worker: 'w', epoch: 4 },
];
/** Let go by its owner in epoch 3, in the two ways there are. */
const letGo: LiveRow[] = [
  { state: 'waiting', worker: null, epoch: 3, mail: 2 },
  { state: 'queued', worker: null, epoch: 3, mail: 2 },
];
/** Taken from its owner: a burial raises the epoch. */
const taken: LiveRow = { state: 'queued', worker: null, epoch: 4, mail: 2 };

test('a run is held by exactly the worker and epoch that claimed it, while it is running', () => {
  expect(holds(held, me)).toBe(true);
  for (const by of strangers) expect(holds(held, by)).toBe(false);
  for (const live of [...letGo, taken, undefined]) expect(holds(live, me)).toBe(false);
});

test('a suspension parks the run only with the mail that it had seen', () => {
  expect(suspendVerdict(held, { ...me, mail: 2 })).toBe('ok');
  for (const mail of [0, 1, 3]) expect(suspendVerdict(held, { ...me, mail })).toBe('woken');
});

test('a suspension from anybody else is stale', () => {
  for (const by of strangers) expect(suspendVerdict(held, { ...by, mail: 2 })).toBe('stale');
  expect(suspendVerdict(taken, { ...me, mail: 2 })).toBe('stale');
  expect(suspendVerdict(undefined, { ...me, mail: 2 })).toBe('stale');
});

test('a suspension or hand-back sent again finds that its owner let go, and is ok', () => {
  for (const live of letGo) {
    expect(suspendVerdict(live, { ...me, mail: 1 })).toBe('ok');
    expect(handBackVerdict(live, me)).toBe('ok');
    expect(handBackVerdict(live, { ...me, epoch: 2 })).toBe('stale');
  }
});

test('a hand-back is accepted from the owner only', () => {
  expect(handBackVerdict(held, me)).toBe('ok');
  for (const by of strangers) expect(handBackVerdict(held, by)).toBe('stale');
  expect(handBackVerdict(taken, me)).toBe('stale');
  expect(handBackVerdict(undefined, me)).toBe('stale');
});

test('an outcome is accepted from the owner only', () => {
  expect(outcomeVerdict(held, undefined, { ...me, state: 'failed' })).toBe('ok');
  for (const by of strangers) expect(outcomeVerdict(held, undefined, { ...by, state: 'failed' })).toBe('stale');
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
  expect([0, 1, 2, 3].map((crashes) => burialOf(crashes, 3))).toEqual(['queued', 'queued', 'failed', 'failed']);
  expect(burialOf(0, 1)).toBe('failed');
});

test('a cancel is done at once where nobody holds the run, else it is a request', () => {
  expect(cancelVerdict(held)).toBe('mailed');
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
