import { expect, test } from 'vitest';
import { JointReads } from '../../../src/app/joint-reads.ts';
import type { Run } from '../../../src/job/run.ts';

function reads(answer: (id: string) => Run | null): { joint: JointReads; calls: string[][] } {
  const calls: string[][] = [];
  const joint = new JointReads((ids) => {
    calls.push([...ids]);
    return Promise.resolve(ids.map(answer));
  });
  return { joint, calls };
}

const runOf = (id: string) => ({ id }) as Run;

test('what is asked for in one turn is read in one call, and each gets its own', async () => {
  const { joint, calls } = reads((id) => (id === 'gone' ? null : runOf(id)));
  const runs = await Promise.all(['a', 'gone', 'b', 'a'].map((id) => joint.get(id)));
  expect(runs.map((run) => run?.id ?? null)).toEqual(['a', null, 'b', 'a']);
  expect(calls).toEqual([['a', 'gone', 'b', 'a']]);
  await joint.get('c');
  expect(calls.at(-1)).toEqual(['c']);
});

test('a call holds at most fifty', async () => {
  const { joint, calls } = reads(runOf);
  const ids = Array.from({ length: 120 }, (_, i) => `r${i}`);
  expect((await Promise.all(ids.map((id) => joint.get(id)))).map((run) => run?.id)).toEqual(ids);
  expect(calls.map(({ length }) => length)).toEqual([50, 50, 20]);
});

test('a read that fails is told to all who asked, and the next one is a new one', async () => {
  let isAway = true;
  const joint = new JointReads((ids) => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(ids.map(runOf))));
  const asked = await Promise.allSettled([joint.get('a'), joint.get('b')]);
  expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  isAway = false;
  expect((await joint.get('a'))?.id).toBe('a');
});
