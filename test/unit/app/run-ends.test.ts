import { expect, test } from 'vitest';
import { EndNotices } from '../../../src/app/backend/end-notices.ts';
import { PeerChannel } from '../../../src/app/backend/peer-channel.ts';
import { RunEnds } from '../../../src/app/backend/run-ends.ts';
import { OnejobError } from '../../../src/job/errors.ts';
import type { Run } from '../../../src/job/run.ts';
import type { Store } from '../../../src/ports/store.ts';
import { openAir } from '../../support/air.ts';
import { FakeClock } from '../../../src/testing/fake-clock.ts';
import { turns } from '../../support/until.ts';

/** A process that waits, a store that says what is set here, and time that stands still. */
function openEnds() {
  const { air, notifier } = openAir();
  const clock = new FakeClock();
  const states = new Map<string, Run['state']>();
  const read: string[][] = [];
  const failures: Error[] = [];
  const store = {
    get: (refs: readonly string[]) => {
      read.push([...refs]);
      const failure = failures.shift();
      if (failure) return Promise.reject(failure);
      return Promise.resolve(refs.map((id) => (states.has(id) ? ({ id, state: states.get(id) } as Run) : null)));
    },
  } as unknown as Store;
  const channel = new PeerChannel(notifier());
  const ends: RunEnds = new RunEnds({ backend: () => Promise.resolve({ store, endNotices }), clock });
  const endNotices = new EndNotices({ channel, clock, listens: false, onEnded: (runs) => ends.ended(runs) });
  const elsewhere = new EndNotices({
    channel: new PeerChannel(notifier()),
    clock,
    listens: true,
    onEnded: () => undefined,
  });
  return { air, clock, states, read, failures, ends, elsewhere };
}

test('a run that has ended already is answered with one read', async () => {
  const { states, read, ends } = openEnds();
  states.set('a', 'failed');
  expect(await ends.of('a')).toMatchObject({ id: 'a', state: 'failed' });
  expect(await ends.of('nobody')).toBe(null);
  expect(read).toEqual([['a'], ['nobody']]);
});

test('an end in this process is answered without a look in between', async () => {
  const { states, read, ends } = openEnds();
  states.set('a', 'running');
  const end = ends.of('a');
  await turns();
  states.set('a', 'succeeded');
  ends.ended(['a', 'stranger']);
  expect(await end).toMatchObject({ state: 'succeeded' });
  expect(read).toEqual([['a'], ['a']]);
});

test('an end in another process is answered by its notice', async () => {
  const { states, ends, elsewhere } = openEnds();
  states.set('a', 'running');
  const end = ends.of('a');
  await turns();
  states.set('a', 'succeeded');
  elsewhere.ended(['a']);
  expect(await end).toMatchObject({ state: 'succeeded' });
});

test('a notice that comes before the store shows the end loses nothing', async () => {
  const { states, ends, elsewhere, read } = openEnds();
  states.set('a', 'running');
  const end = ends.of('a');
  await turns();
  expect(read).toHaveLength(1);
  elsewhere.ended(['a']); // told before the store shows it: the next look finds it
  await turns();
  states.set('a', 'succeeded');
  elsewhere.ended(['a']);
  ends.ended(null);
  expect(await end).toMatchObject({ state: 'succeeded' });
});

test('ends of one moment are read together', async () => {
  const { states, read, ends } = openEnds();
  for (const id of ['a', 'b', 'c']) states.set(id, 'running');
  const all = ['a', 'b', 'c'].map((id) => ends.of(id));
  await turns();
  for (const id of ['a', 'b', 'c']) states.set(id, 'succeeded');
  ends.ended(['a', 'b']);
  ends.ended(['c']);
  await Promise.all(all);
  expect(read).toEqual([
    ['a', 'b', 'c'],
    ['a', 'b', 'c'],
  ]);
});

test('without any notice all that wait are looked at, ever more rarely and at last twice a second', async () => {
  const { air, clock, states, read, ends } = openEnds();
  air.isBroken = true;
  states.set('a', 'running');
  const end = ends.of('a');
  await turns();
  for (let ms = 0; ms < 10_000; ms += 10) {
    clock.advance(10);
    await turns(1);
  }
  expect(read.length).toBeGreaterThan(20);
  expect(read.length).toBeLessThan(32);
  states.set('a', 'cancelled');
  clock.advance(500);
  expect(await end).toMatchObject({ state: 'cancelled' });
  expect(clock.pending).toBe(0);
});

test('others are asked again every ten seconds', async () => {
  const { air, clock, states, ends } = openEnds();
  states.set('a', 'running');
  const end = ends.of('a');
  for (let ms = 0; ms < 20_500; ms += 100) {
    await turns(1);
    clock.advance(100);
  }
  expect(air.said.filter((words) => words.endsWith(' awaits a'))).toHaveLength(3);
  states.set('a', 'succeeded');
  ends.ended(['a']);
  await end;
});

test('who waits no longer costs nothing more, and leaves the others of that run alone', async () => {
  const { clock, states, read, ends } = openEnds();
  states.set('a', 'running');
  const impatient = new AbortController();
  const one = ends.of('a', impatient.signal);
  const other = ends.of('a');
  await turns();
  impatient.abort(new Error('gone'));
  await expect(one).rejects.toThrow('gone');
  states.set('a', 'succeeded');
  ends.ended(['a']);
  expect(await other).toMatchObject({ state: 'succeeded' });
  expect(clock.pending).toBe(0);
  ends.ended(['a']);
  await turns();
  expect(read).toHaveLength(2);
});

test('a store that does not answer is told to who waits', async () => {
  const { failures, ends } = openEnds();
  failures.push(new OnejobError('STORE_UNAVAILABLE', 'away'));
  await expect(ends.of('a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});

test('who waits when the app stops is told so', async () => {
  const { clock, states, ends } = openEnds();
  states.set('a', 'running');
  const end = ends.of('a');
  await turns();
  ends.close();
  await expect(end).rejects.toMatchObject({ code: 'APP_STOPPING' });
  await expect(ends.of('a')).rejects.toMatchObject({ code: 'APP_STOPPING' });
  expect(clock.pending).toBe(0);
});
