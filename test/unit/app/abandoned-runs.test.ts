import { expect, test } from 'vitest';
import { abandonedRuns } from '../../../src/app/abandoned-runs.ts';
import { newRun } from '../../../src/intake/new-run.ts';
import type { Store } from '../../../src/ports/store.ts';
import { newId } from '../../../src/std/id.ts';
import { openApp } from '../../support/apps.ts';

async function registered(store: Store, jobs: readonly string[], slots: number): Promise<string> {
  const id = newId();
  const identity = { host: 'h', bootId: 'b', pidSpace: 'n', pid: 1, pidStart: '1' };
  await store.registerWorker({
    id,
    node: id,
    replaces: null,
    identity,
    jobs,
    slots,
    version: '1.0.0',
    heartbeatMs: 1_000,
  });
  return id;
}

async function submit(store: Store, job: string, count: number): Promise<string[]> {
  const wish = { input: undefined, trigger: 'cli' } as const;
  const runs = await Promise.all(Array.from({ length: count }, () => newRun({ name: job }, wish, 1_000)));
  await store.submit(runs);
  return runs.map(({ id }) => id);
}

/** A run whose process was killed. */
async function markLost(store: Store, job: string): Promise<string> {
  const [run = ''] = await submit(store, job, 1);
  const worker = await registered(store, [job], 0);
  const terms = { name: job, timeoutMs: null, deadlineMs: null, maxCrashes: 3, callbacks: 'none' } as const;
  await store.claim({ number: 1, worker, jobs: [terms], free: 1, turn: 0 });
  await store.evict([{ id: worker, seenHeartbeat: null, counted: true }]);
  return run;
}

test('VT-11 a run that was left behind is seen behind long lines of others, and none of theirs', async () => {
  const store = await openApp([]).app.openStore();
  const runs = [await markLost(store, 'lost'), await markLost(store, 'gone')];
  await registered(store, ['busy'], 10);
  await submit(store, 'busy', 300);
  await submit(store, 'lost', 300);
  const found = await abandonedRuns(store);
  expect(found.map(({ id }) => id).toSorted()).toEqual(runs.toSorted());
  await registered(store, ['gone'], 10);
  expect((await abandonedRuns(store)).map(({ job }) => job)).toEqual(['lost']);
});
