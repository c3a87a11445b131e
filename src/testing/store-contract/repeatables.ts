import type { Claim } from '../../ports/store-claim.ts';
import type { Action } from '../../ports/store-action.ts';
import type { Entry } from '../../ports/store-entry.ts';
import type { Store } from '../../ports/store.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import {
  cancelOf,
  childOf,
  ended,
  registration,
  eventTo,
  failed,
  fireOf,
  handedBack,
  newRun,
  newRuns,
  occurrence,
  pauseOf,
  rescheduleOf,
  restartOf,
  resumeOf,
  retryOf,
  schedulePlan,
  stepBegun,
  stepDone,
  suspended,
} from './harness/builders.ts';
import { only, type Harness } from './harness/harness.ts';

/** A writing call that can be made a second time; `heartbeat` has tests of its own, since each one counts. */
export interface Repeatable {
  readonly name: string;
  readonly method: keyof Store;
  readonly prepare: (harness: Harness) => Promise<Call>;
}

interface Call {
  readonly call: () => Promise<unknown>;
  readonly answer: unknown;
  /** Of the second time, where the port says that it differs. */
  readonly again?: unknown;
}

export const repeatables: readonly Repeatable[] = [
  { name: 'a submit', method: 'submit', prepare: submit },
  { name: 'a registration', method: 'registerWorker', prepare: registerWorker },
  { name: 'the eviction of a worker', method: 'evict', prepare: evictWorker },
  { name: 'the end of a run over its owner’s head', method: 'evict', prepare: forceEndRun },
  { name: 'a claim', method: 'claim', prepare: claim },
  recordOf('a step', (hold) => [stepDone(hold, 'a')]),
  recordOf('a failed try', (hold) => [stepBegun(hold, 'a', { error: { code: 'X', message: 'x' }, resumeAt: 1e13 })]),
  recordOf('a step with a child', (hold) => {
    const child = childOf(hold, { id: newRun().id, key: 'child', job: 'child' });
    return [stepBegun(hold, 'a', { type: 'child', child })];
  }),
  recordOf('a step that consumes a mailbox item', (hold) => [stepDone(hold, 'a', { consumes: 1 })]),
  recordOf('a parking', (hold) => [stepDone(hold, 'a'), suspended(hold, { mailboxSeq: 1, wakeInMs: 60_000 })]),
  recordOf('a hand-back', (hold) => [handedBack(hold, { attempt: 2, delayMs: 60_000 })]),
  recordOf('an outcome', (hold) => [stepDone(hold, 'a'), ended(hold)], ['stale', 'ok']),
  recordOf('a failure with children', (hold) => [failed(hold)]),
  { name: 'output', method: 'append', prepare: append },
  actionOf('a cancel of a queued run', ({ queued }) => cancelOf(queued), 'done'),
  actionOf('a cancel of a running run', ({ running }) => cancelOf(running), 'pending'),
  actionOf('an event', ({ running }) => eventTo(running, 'go', '1'), 'pending'),
  actionOf('a retry', ({ failed }) => retryOf(failed), 'done'),
  actionOf('a restart', ({ failed }) => restartOf(failed, 'a'), 'done'),
  actionOf('a rescheduling', ({ queued }) => rescheduleOf(queued, 60_000), 'done'),
  actionOf('the pause of a schedule', () => pauseOf('schedule', 'nightly'), 'done'),
  actionOf('the resumption of a schedule', () => resumeOf('schedule', 'paused'), 'done'),
  { name: 'a declaration of schedules', method: 'plan', prepare: plan },
  { name: 'a fire', method: 'fire', prepare: fire },
  { name: 'a prune', method: 'prune', prepare: prune },
];

async function submit(harness: Harness): Promise<Call> {
  const worker = await harness.worker();
  const { run } = await harness.submit({ key: 'old' });
  const runs = [
    newRun({ key: 'new' }),
    newRun({ key: 'old' }),
    newRun({ key: 'old', input: '"other"' }),
    newRun({ holder: worker, delayMs: 0 }),
  ];
  return {
    call: async () => (await harness.store.submit(runs)).map(({ verdict, run }) => [verdict, run.id, run.state]),
    answer: [
      ['created', runs[0]?.id, 'queued'],
      ['existing', run.id, 'queued'],
      ['conflict', run.id, 'queued'],
      ['created', runs[3]?.id, 'running'],
    ],
  };
}

async function registerWorker(harness: Harness): Promise<Call> {
  const previous = await harness.worker({ node: 'vm-1' });
  await harness.running(previous);
  const worker = registration({ node: 'vm-1', replaces: 'vm-1' });
  return { call: async () => (await harness.store.registerWorker(worker)) ?? null, answer: null };
}

async function evictWorker(harness: Harness): Promise<Call> {
  const worker = await harness.worker();
  const ids = [(await harness.running(worker)).run, (await harness.running(worker, { maxCrashes: 1 })).run];
  const targets = [{ id: worker, seenHeartbeat: 0, counted: true }];
  return {
    call: async () => (await harness.store.evict(targets)).map((runs) => runs.toSorted()),
    answer: [ids],
    again: [[]],
  };
}

async function forceEndRun(harness: Harness): Promise<Call> {
  const worker = await harness.worker();
  const { run, epoch } = await harness.running(worker);
  const targets = [{ run, epoch, code: 'RUN_TIMED_OUT', message: 'too long' }] as const;
  return { call: async () => await harness.store.evict(targets), answer: [[run]], again: [[]] };
}

async function claim(harness: Harness): Promise<Call> {
  const worker = await harness.worker();
  const runs = newRuns(3);
  await harness.store.submit(runs);
  return { call: async () => await harness.claimIds(worker), answer: runs.map(({ id }) => id), again: [] };
}

/** A group about a run that has a mailbox item, a waiting parent and a child. */
function recordOf(
  name: string,
  entriesOf: (hold: Claim) => Entry[],
  again: readonly string[] | null = null,
): Repeatable {
  const prepare = async (harness: Harness): Promise<Call> => {
    const worker: WorkerId = await harness.worker();
    const parent = await harness.running(worker);
    const held = await harness.running(worker, { parent: parent.run, root: parent.root });
    await harness.store.submit([childOf(held, { job: 'child' })]);
    await harness.recorded(worker, suspended(parent));
    await harness.act(eventTo(held.run, 'go'));
    const entries = entriesOf(held);
    const answer = entries.map(() => 'ok');
    // What was written before the run was let go is answered by the fence, the entry that let it go as the first time.
    const letGo = entries.at(-1)?.kind === 'suspend' ? ['stale', 'ok'] : null;
    return { call: async () => await harness.record(worker, ...entries), answer, again: again ?? letGo ?? answer };
  };
  return { name, method: 'record', prepare };
}

async function append(harness: Harness): Promise<Call> {
  const worker = await harness.worker();
  const { run, epoch } = await harness.running(worker);
  const chunks = [1, 2].map((seq) => ({ run, epoch, seq, bytes: new Uint8Array(10).fill(seq) }));
  const progress = [{ run, epoch, progress: { fraction: 0.5, text: 'half' } }];
  return { call: async () => await harness.store.append({ worker, chunks, progress }), answer: ['ok', 'ok'] };
}

function actionOf(
  name: string,
  make: (runs: { queued: string; running: string; failed: string }) => Action,
  verdict: string,
): Repeatable {
  const prepare = async (harness: Harness): Promise<Call> => {
    const worker = await harness.worker();
    const running = await harness.running(worker);
    const broken = await harness.running(worker);
    const { run } = await harness.submit({ delayMs: 3_600_000 });
    const error = { code: 'X', message: 'x' };
    await harness.recorded(worker, stepDone(broken, 'a', { state: 'failed', output: null, error }), failed(broken));
    const schedules = [schedulePlan('nightly'), schedulePlan('paused')];
    await harness.store.plan({ app: 'shop', version: '1.0.0', schedules });
    await harness.act(pauseOf('schedule', 'paused'));
    const actions = [make({ queued: run.id, running: running.run, failed: broken.run })];
    return { call: async () => only(await harness.store.act(actions)).verdict, answer: verdict };
  };
  return { name, method: 'act', prepare };
}

async function plan(harness: Harness): Promise<Call> {
  await harness.store.plan({ app: 'shop', version: '1.0.0', schedules: [schedulePlan('old')] });
  const schedules = [schedulePlan('old', { spec: '"changed"' }), schedulePlan('new')];
  return {
    call: async () => (await harness.store.plan({ app: 'shop', version: '1.1.0', schedules })) ?? null,
    answer: null,
  };
}

async function fire(harness: Harness): Promise<Call> {
  const instant = 1_700_000_000_000;
  await harness.store.plan({
    app: 'shop',
    version: '1.0.0',
    schedules: [schedulePlan('nightly'), schedulePlan('idle')],
  });
  const { revision } = await harness.dueSchedule('nightly');
  const idle = await harness.dueSchedule('idle');
  const victim = occurrence('nightly', instant - 1);
  await harness.store.submit([victim]);
  const ranges = [{ from: instant - 9, to: instant - 5, count: 5, reason: 'missed' }] as const;
  const fires = [
    fireOf('nightly', revision, { runs: [occurrence('nightly', instant)], ranges, cancels: [victim.id] }),
    fireOf('idle', idle.revision, { ranges }),
    fireOf('nightly', revision + 7),
  ];
  return { call: async () => await harness.store.fire(fires), answer: ['ok', 'ok', 'moved'] };
}

async function prune(harness: Harness): Promise<Call> {
  const worker = await harness.worker();
  const runs = newRuns(3, { holder: worker });
  await harness.store.submit(runs);
  await harness.recorded(worker, ...runs.map(({ id }) => ended({ run: id, epoch: 1 })));
  const policy = { succeededMs: 1e12, failedMs: 1e12, succeededRuns: 1, failedRuns: 1 };
  return {
    call: async () => (await harness.store.prune({ policy, limit: 10 })).runs,
    answer: 2,
    again: 0,
  };
}
