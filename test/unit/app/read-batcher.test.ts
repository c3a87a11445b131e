import { expect, test } from 'vitest';
import { ReadBatcher } from '../../../src/app/callers/read-batcher.ts';
import type { Run } from '../../../src/job/run.ts';

function reads(answer: (id: string) => Run | null): { batcher: ReadBatcher; calls: string[][] } {
  const calls: string[][] = [];
  const batcher = new ReadBatcher((ids) => {
    calls.push([...ids]);
    return Promise.resolve(ids.map(answer));
  });
  return { batcher, calls };
}

const runOf = (id: string) => ({ id }) as Run;

test('what is asked for in one turn is read in one call, and each gets its own', async () => {
  const { batcher, calls } = reads((id) => (id === 'gone' ? null : runOf(id)));
  const runs = await Promise.all(['a', 'gone', 'b', 'a'].map((id) => batcher.get(id)));
  expect(runs.map((run) => run?.id ?? null)).toEqual(['a', null, 'b', 'a']);
  expect(calls).toEqual([['a', 'gone', 'b', 'a']]);
  await batcher.get('c');
  expect(calls.at(-1)).toEqual(['c']);
});

test('a call holds at most fifty', async () => {
  const { batcher, calls } = reads(runOf);
  const ids = Array.from({ length: 120 }, (_, i) => `r${i}`);
  expect((await Promise.all(ids.map((id) => batcher.get(id)))).map((run) => run?.id)).toEqual(ids);
  expect(calls.map(({ length }) => length)).toEqual([50, 50, 20]);
});

test('a read that fails is told to all who asked, and the next one is a new one', async () => {
  let isAway = true;
  const batcher = new ReadBatcher((ids) =>
    isAway ? Promise.reject(new Error('away')) : Promise.resolve(ids.map(runOf)),
  );
  const asked = await Promise.allSettled([batcher.get('a'), batcher.get('b')]);
  expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  isAway = false;
  expect((await batcher.get('a'))?.id).toBe('a');
});
