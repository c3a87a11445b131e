import type { Claim } from '../../ports/store-claim.ts';
import type { Ask } from '../../ports/store-ask.ts';
import type { Entry } from '../../ports/store-entry.ts';
import type { Store } from '../../ports/store.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import {
  cancelOf,
  childOf,
  ended,
  enrolment,
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
} from './builders.ts';
import { only, type Scene } from './scene.ts';

/** A writing call that can be made a second time; `beat` has tests of its own, since each one counts. */
export interface Repeatable {
  readonly name: string;
  readonly method: keyof Store;
  readonly prepare: (scene: Scene) => Promise<Call>;
}

interface Call {
  readonly call: () => Promise<unknown>;
  readonly answer: unknown;
  /** Of the second time, where the port says that it differs. */
  readonly again?: unknown;
}

export const repeatables: readonly Repeatable[] = [
  { name: 'a submit', method: 'submit', prepare: submit },
  { name: 'an enrolment', method: 'enrol', prepare: enrol },
  { name: 'the burial of a worker', method: 'bury', prepare: buryWorker },
  { name: 'the end of a run over its owner’s head', method: 'bury', prepare: buryRun },
  { name: 'a claim', method: 'claim', prepare: claim },
  recordOf('a step', (hold) => [stepDone(hold, 'a')]),
  recordOf('a failed try', (hold) => [stepBegun(hold, 'a', { error: { code: 'X', message: 'x' }, resumeAt: 1e13 })]),
  recordOf('a step with a child', (hold) => {
    const child = childOf(hold, { id: newRun().id, key: 'child', job: 'child' });
    return [stepBegun(hold, 'a', { type: 'child', child })];
  }),
  recordOf('a step that consumes a letter', (hold) => [stepDone(hold, 'a', { consumes: 1 })]),
  recordOf('a parking', (hold) => [stepDone(hold, 'a'), suspended(hold, { mail: 1, wakeInMs: 60_000 })]),
  recordOf('a hand-back', (hold) => [handedBack(hold, { attempt: 2, delayMs: 60_000 })]),
  recordOf('an outcome', (hold) => [stepDone(hold, 'a'), ended(hold)], ['stale', 'ok']),
  recordOf('a failure with children', (hold) => [failed(hold)]),
  { name: 'output', method: 'append', prepare: append },
  askOf('a cancel of a queued run', ({ queued }) => cancelOf(queued), 'done'),
  askOf('a cancel of a running run', ({ running }) => cancelOf(running), 'mailed'),
  askOf('an event', ({ running }) => eventTo(running, 'go', '1'), 'mailed'),
  askOf('a retry', ({ failed }) => retryOf(failed), 'done'),
  askOf('a restart', ({ failed }) => restartOf(failed, 'a'), 'done'),
  askOf('a rescheduling', ({ queued }) => rescheduleOf(queued, 60_000), 'done'),
  askOf('the pause of a schedule', () => pauseOf('schedule', 'nightly'), 'done'),
  askOf('the resumption of a schedule', () => resumeOf('schedule', 'paused'), 'done'),
  { name: 'a declaration of schedules', method: 'plan', prepare: plan },
  { name: 'a fire', method: 'fire', prepare: fire },
  { name: 'a prune', method: 'prune', prepare: prune },
];

async function submit(scene: Scene): Promise<Call> {
  const worker = await scene.worker();
  const { run } = await scene.submit({ key: 'old' });
  const runs = [
    newRun({ key: 'new' }),
    newRun({ key: 'old' }),
    newRun({ key: 'old', input: '"other"' }),
    newRun({ holder: worker, delayMs: 0 }),
  ];
  return {
    call: async () => (await scene.store.submit(runs)).map(({ verdict, run }) => [verdict, run.id, run.state]),
    answer: [
      ['created', runs[0]?.id, 'queued'],
      ['existing', run.id, 'queued'],
      ['conflict', run.id, 'queued'],
      ['created', runs[3]?.id, 'running'],
    ],
  };
}

async function enrol(scene: Scene): Promise<Call> {
  const elder = await scene.worker({ node: 'vm-1' });
  await scene.running(elder);
  const worker = enrolment({ node: 'vm-1', replaces: 'vm-1' });
  return { call: async () => (await scene.store.enrol(worker)) ?? null, answer: null };
}

async function buryWorker(scene: Scene): Promise<Call> {
  const worker = await scene.worker();
  const ids = [(await scene.running(worker)).run, (await scene.running(worker, { maxCrashes: 1 })).run];
  const graves = [{ id: worker, seenBeat: 0, counted: true }];
  return {
    call: async () => (await scene.store.bury(graves)).map((runs) => runs.toSorted()),
    answer: [ids],
    again: [[]],
  };
}

async function buryRun(scene: Scene): Promise<Call> {
  const worker = await scene.worker();
  const { run, epoch } = await scene.running(worker);
  const graves = [{ run, epoch, code: 'RUN_TIMED_OUT', message: 'too long' }] as const;
  return { call: async () => await scene.store.bury(graves), answer: [[run]], again: [[]] };
}

async function claim(scene: Scene): Promise<Call> {
  const worker = await scene.worker();
  const runs = newRuns(3);
  await scene.store.submit(runs);
  return { call: async () => await scene.claimIds(worker), answer: runs.map(({ id }) => id), again: [] };
}

/** A group about a run that has a letter, a waiting parent and a child. */
function recordOf(
  name: string,
  entriesOf: (hold: Claim) => Entry[],
  again: readonly string[] | null = null,
): Repeatable {
  const prepare = async (scene: Scene): Promise<Call> => {
    const worker: WorkerId = await scene.worker();
    const parent = await scene.running(worker);
    const held = await scene.running(worker, { parent: parent.run, root: parent.root });
    await scene.store.submit([childOf(held, { job: 'child' })]);
    await scene.recorded(worker, suspended(parent));
    await scene.ask(eventTo(held.run, 'go'));
    const entries = entriesOf(held);
    const answer = entries.map(() => 'ok');
    // What was written before the run was let go is answered by the fence, the entry that let it go as the first time.
    const letGo = entries.at(-1)?.kind === 'suspend' ? ['stale', 'ok'] : null;
    return { call: async () => await scene.record(worker, ...entries), answer, again: again ?? letGo ?? answer };
  };
  return { name, method: 'record', prepare };
}

async function append(scene: Scene): Promise<Call> {
  const worker = await scene.worker();
  const { run, epoch } = await scene.running(worker);
  const chunks = [1, 2].map((seq) => ({ run, epoch, seq, bytes: new Uint8Array(10).fill(seq) }));
  const progress = [{ run, epoch, progress: { fraction: 0.5, text: 'half' } }];
  return { call: async () => await scene.store.append({ worker, chunks, progress }), answer: ['ok', 'ok'] };
}

function askOf(
  name: string,
  make: (runs: { queued: string; running: string; failed: string }) => Ask,
  verdict: string,
): Repeatable {
  const prepare = async (scene: Scene): Promise<Call> => {
    const worker = await scene.worker();
    const running = await scene.running(worker);
    const broken = await scene.running(worker);
    const { run } = await scene.submit({ delayMs: 3_600_000 });
    const error = { code: 'X', message: 'x' };
    await scene.recorded(worker, stepDone(broken, 'a', { state: 'failed', output: null, error }), failed(broken));
    const schedules = [schedulePlan('nightly'), schedulePlan('paused')];
    await scene.store.plan({ app: 'shop', version: '1.0.0', schedules });
    await scene.ask(pauseOf('schedule', 'paused'));
    const asks = [make({ queued: run.id, running: running.run, failed: broken.run })];
    return { call: async () => only(await scene.store.ask(asks)).verdict, answer: verdict };
  };
  return { name, method: 'ask', prepare };
}

async function plan(scene: Scene): Promise<Call> {
  await scene.store.plan({ app: 'shop', version: '1.0.0', schedules: [schedulePlan('old')] });
  const schedules = [schedulePlan('old', { spec: '"changed"' }), schedulePlan('new')];
  return {
    call: async () => (await scene.store.plan({ app: 'shop', version: '1.1.0', schedules })) ?? null,
    answer: null,
  };
}

async function fire(scene: Scene): Promise<Call> {
  const instant = 1_700_000_000_000;
  await scene.store.plan({ app: 'shop', version: '1.0.0', schedules: [schedulePlan('nightly'), schedulePlan('idle')] });
  const { revision } = await scene.dueSchedule('nightly');
  const idle = await scene.dueSchedule('idle');
  const victim = occurrence('nightly', instant - 1);
  await scene.store.submit([victim]);
  const ranges = [{ from: instant - 9, to: instant - 5, count: 5, reason: 'missed' }] as const;
  const fires = [
    fireOf('nightly', revision, { runs: [occurrence('nightly', instant)], ranges, cancels: [victim.id] }),
    fireOf('idle', idle.revision, { ranges }),
    fireOf('nightly', revision + 7),
  ];
  return { call: async () => await scene.store.fire(fires), answer: ['ok', 'ok', 'moved'] };
}

async function prune(scene: Scene): Promise<Call> {
  const worker = await scene.worker();
  const runs = newRuns(3, { holder: worker });
  await scene.store.submit(runs);
  await scene.recorded(worker, ...runs.map(({ id }) => ended({ run: id, epoch: 1 })));
  const policy = { succeededMs: 1e12, failedMs: 1e12, succeededRuns: 1, failedRuns: 1 };
  return {
    call: async () => (await scene.store.prune({ policy, limit: 10 })).runs,
    answer: 2,
    again: 0,
  };
}
