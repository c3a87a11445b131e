import { expect } from 'vitest';
import type { Inspector } from '../../src/ports/inspector.ts';
import type { Store } from '../../src/ports/store.ts';
import { harnessOf } from '../../src/testing/store-contract/harness/harness.ts';
import {
  cancelOf,
  childOf,
  ended,
  eventTo,
  failed,
  fireOf,
  handedBack,
  newRun,
  occurrence,
  pauseOf,
  resumeOf,
  retryOf,
  schedulePlan,
  stepBegun,
  stepDone,
  suspended,
} from '../../src/testing/store-contract/harness/builders.ts';
import type { Fixture } from '../../src/testing/store-contract/harness/fixture.ts';

/** What a text has to survive whatever the server takes for an escape. */
const awkward = `it's "quoted", \\back\\slashed\\n, 100 % ? $1 :x, \`ticked\`, || ü → 😀`;
const bytes = Buffer.from(Array.from({ length: 512 }, (_, n) => (n * 7) % 256));

/**
 * All that can happen to runs, once each: asked for, claimed, steps, a child, a log, parked, woken, handed back, ended,
 * cancelled, taken over, retried, by schedule, paused, listed, pruned. May be called again on the same store.
 */
export async function liveShortly(store: Store & Inspector, tag: string): Promise<void> {
  const harness = harnessOf({ store } as unknown as Fixture);
  const job = `work-${tag}`;
  const jobs = [job, `kid-${tag}`];
  const worker = await harness.worker({ node: `node-${tag}`, jobs });
  const input = JSON.stringify({ awkward });

  // asked for once, however often
  const key = `key-${tag} ${awkward}`;
  const first = newRun({ key, job, input, args: [awkward], priority: 5 });
  expect(await store.submit([first, newRun({ job, delayMs: 3_600_000 })])).toMatchObject([
    { verdict: 'created' },
    { verdict: 'created' },
  ]);
  expect(await store.submit([newRun({ key, job, input }), newRun({ key, job, input: '2' })])).toMatchObject([
    { verdict: 'existing', run: { id: first.id } },
    { verdict: 'conflict' },
  ]);
  const [claim] = (await harness.claim(worker, { jobs })).claims;
  if (claim === undefined) throw new Error('nothing was claimed');
  expect(claim).toMatchObject({ run: first.id, key, input, args: [awkward], epoch: 1 });

  // steps, one with a child, one that waits; a log; a word while it runs
  const kid = childOf({ run: first.id, root: first.id }, { job: `kid-${tag}`, key: `kid of ${key}` });
  await harness.recorded(
    worker,
    stepDone(claim, awkward, { output: JSON.stringify(awkward) }),
    stepBegun(claim, 'sleep', { type: 'sleep', firstSeq: 1, resumeInMs: 1.5 }),
    stepBegun(claim, 'kid', { type: 'child', firstSeq: 2, child: kid }),
  );
  const { run, epoch } = claim;
  const chunks = [1, 2].map((seq) => ({ run, epoch, seq, bytes }));
  const progress = [{ run, epoch, progress: { fraction: 0.1, text: awkward } }];
  expect(await store.append({ worker, chunks, progress })).toEqual(['ok', 'ok']);
  const told = await store.tail({ run, after: 0, maxBytes: 1_000_000 });
  expect(told.map(({ seq, bytes: read }) => [seq, Buffer.from(read)])).toEqual([1, 2].map((seq) => [seq, bytes]));

  // parked, woken by an event and the end of the child, and to its end
  await harness.recorded(worker, suspended(claim, { waitingFor: [awkward] }));
  expect(await harness.run(key)).toMatchObject({ state: 'waiting', waitingFor: [awkward] });
  const [child] = (await harness.claim(worker, { jobs })).claims;
  if (child === undefined) throw new Error('the child was not claimed');
  await harness.recorded(worker, failed(child, { error: { code: 'JOB_FAILED', message: awkward } }));
  expect(await harness.act(eventTo(key, awkward, input))).toMatchObject({ verdict: 'pending' });
  const [again] = (await harness.claim(worker, { jobs })).claims;
  expect(again).toMatchObject({ run, epoch: 2 });
  if (again === undefined) throw new Error('it was not woken');
  const items = await harness.items(worker, again);
  expect(items).toMatchObject([{ kind: 'child' }, { kind: 'event', name: awkward, data: input }]);
  expect(await store.heartbeat({ worker, load: 0.25 })).toMatchObject({ evicted: false });
  await harness.recorded(worker, handedBack(again, { delayMs: 0, attempt: 2 }));
  const [third] = (await harness.claim(worker, { jobs })).claims;
  if (third === undefined) throw new Error('it was not handed back');
  await harness.recorded(worker, ended(third, { output: input }));
  expect(await harness.run(key)).toMatchObject({ state: 'succeeded', output: input, attempt: 2 });
  expect(await harness.steps(run)).toMatchObject([{ key: awkward }, { key: 'sleep' }, { key: 'kid', child: kid.id }]);

  // cancelled, taken over, retried
  const { run: unwanted } = await harness.submit({ job: `other-${tag}` });
  expect(await harness.act(cancelOf(unwanted.id, { reason: awkward }))).toMatchObject({ verdict: 'done' });
  expect(await harness.run(unwanted.id)).toMatchObject({ state: 'cancelled' });
  const { run: poor } = await harness.submit({ job, callbacks: 'failure', maxCrashes: 1 });
  expect(await harness.claimIds(worker, { jobs })).toEqual([poor.id]);
  expect(await harness.evict(worker)).toEqual([poor.id]);
  expect(await harness.run(poor.id)).toMatchObject({ state: 'failed', error: { code: 'RUN_CRASHED' } });
  expect(await harness.act(retryOf(poor.id))).toMatchObject({ verdict: 'done' });
  const heir = await harness.worker({ node: `node-${tag}`, replaces: `node-${tag}`, jobs });
  const { claims } = await harness.claim(heir, { jobs });
  expect(claims.map(({ trigger }) => trigger).toSorted()).toEqual(['api', 'parent']);
  await harness.recorded(heir, ...claims.map((each) => ended(each)));

  // by schedule; paused and resumed
  const schedule = `nightly-${tag}`;
  await store.plan({ app: `app-${tag}`, version: '1.0.0', schedules: [schedulePlan(schedule, { job })] });
  const { revision, nextAt } = await harness.dueSchedule(schedule);
  const runs = [occurrence(schedule, nextAt, { job })];
  expect(await store.fire([fireOf(schedule, revision, { runs, nextAt: null })])).toEqual(['ok']);
  await harness.act(pauseOf('job', job));
  expect((await store.pauses()).map(({ name }) => name)).toContain(job);
  expect(await harness.claimIds(heir, { jobs })).toEqual([]);
  await harness.act(resumeOf('job', job));
  const [scheduled] = (await harness.claim(heir, { jobs })).claims;
  expect(scheduled).toMatchObject({ scheduledAt: nextAt });
  if (scheduled === undefined) throw new Error('the occurrence was not claimed');
  await harness.recorded(heir, ended(scheduled));

  // looked at, and forgotten
  expect((await store.list({ job, limit: 2 })).items).toHaveLength(2);
  expect((await store.workers()).map(({ id }) => id)).toContain(heir);
  const stats = await store.stats({ windowMs: 3_600_000, parts: 10, atMost: 100 });
  expect(Math.abs(stats.now - (await harness.now()))).toBeLessThan(60_000);
  expect(await store.backlog({ atMost: 10 })).toBeDefined();
  const policy = { succeededMs: 0, failedMs: 0, succeededRuns: 0, failedRuns: 0 };
  while ((await store.prune({ policy, limit: 100 })).more);
  expect(await store.get([key, unwanted.id])).toEqual([null, null]);
  expect(await store.tail({ run, after: 0, maxBytes: 1_000_000 })).toEqual([]);
}
