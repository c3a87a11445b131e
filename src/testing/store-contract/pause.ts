import { ended, newRun, pauseOf, resumeOf, suspended, termsOf } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { only } from './harness/harness.ts';

export function aboutPause({ it, expect }: Contract): void {
  it('runs of a paused job are not claimed, on any node, until it is resumed', async (harness) => {
    const other = await harness.second();
    const worker = await harness.worker();
    const [paused, free] = [newRun({ job: 'paused' }), newRun({ job: 'free' })];
    await harness.store.submit([paused, free]);
    expect(await harness.act(pauseOf('job', 'paused'))).toEqual({ verdict: 'done', run: null, state: null });
    const jobs = ['paused', 'free'];
    const elsewhere = { worker, jobs: jobs.map((job) => termsOf(job)), free: 10, turn: 0 };
    expect(only((await other.claim({ ...elsewhere, number: 101 })).claims).run).toBe(free.id);
    expect(await harness.claimIds(worker, { jobs })).toEqual([]);
    expect(await harness.act(resumeOf('job', 'paused'))).toEqual({ verdict: 'done', run: null, state: null });
    expect(only((await other.claim({ ...elsewhere, number: 102 })).claims).run).toBe(paused.id);
  });

  it('runs of a paused queue are not claimed until it is resumed', async (harness) => {
    const worker = await harness.worker();
    const [paused, free] = [newRun({ queue: 'paused' }), newRun({ queue: 'free' })];
    await harness.store.submit([paused, free]);
    await harness.act(pauseOf('queue', 'paused'));
    const tree = [paused.id];
    expect(await harness.claimIds(worker)).toEqual([free.id]);
    expect(await harness.claimIds(worker, { tree })).toEqual([]);
    await harness.act(resumeOf('queue', 'paused'));
    expect(await harness.claimIds(worker)).toEqual([paused.id]);
  });

  it('a paused node claims nothing but what it was asked for itself, and others go on', async (harness) => {
    const drained = await harness.worker({ node: 'drained' });
    const other = await harness.worker({ node: 'other' });
    await harness.act(pauseOf('node', 'drained'));
    const { run } = await harness.submit();
    expect(await harness.claimIds(drained)).toEqual([]);
    expect(await harness.claimIds(drained, { tree: [run.id] })).toEqual([run.id]);
    const next = await harness.submit();
    expect(await harness.claimIds(other)).toEqual([next.run.id]);
    await harness.act(resumeOf('node', 'drained'));
    const last = await harness.submit();
    expect(await harness.claimIds(drained)).toEqual([last.run.id]);
  });

  it('a job and a queue of one name are paused apart', async (harness) => {
    const worker = await harness.worker();
    await harness.submit({ job: 'work', queue: 'default' });
    await harness.store.act([pauseOf('job', 'default'), pauseOf('queue', 'work')]);
    expect((await harness.claimIds(worker)).length).toBe(1);
  });

  it('runs that are held go on, and so do submits', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.act(pauseOf('job', 'work'));
    expect(await harness.record(worker, ended(claim))).toEqual(['ok']);
    expect((await harness.submit()).verdict).toBe('created');
  });

  it('a run that wakes while its job is paused waits for the resumption', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.recorded(worker, suspended(claim, { wakeInMs: 0 }));
    await harness.act(pauseOf('job', 'work'));
    expect(await harness.claimIds(worker)).toEqual([]);
    await harness.act(resumeOf('job', 'work'));
    expect(await harness.claimIds(worker)).toEqual([claim.run]);
  });

  it('a pause with an end is over then', async (harness) => {
    const worker = await harness.worker();
    const { run } = await harness.submit();
    await harness.act(pauseOf('job', 'work', (await harness.now()) + 3_600_000));
    expect(await harness.claimIds(worker)).toEqual([]);
    await harness.act(pauseOf('job', 'work', (await harness.now()) + 200));
    await harness.pass(200);
    expect(await harness.claimIds(worker)).toEqual([run.id]);
  });

  it('a pause sent again, or over another one, leaves one that a single resume ends', async (harness) => {
    const worker = await harness.worker();
    await harness.submit();
    const pause = pauseOf('job', 'work');
    for (const action of [pause, pause, pauseOf('job', 'work')])
      expect((await harness.act(action)).verdict).toBe('done');
    expect(await harness.claimIds(worker)).toEqual([]);
    expect((await harness.act(resumeOf('job', 'work'))).verdict).toBe('done');
    expect((await harness.claimIds(worker)).length).toBe(1);
  });

  it('all that is paused now is listed, by whom, since when, why and until when', async (harness) => {
    const { store } = harness;
    if (!store.pauses) return;
    expect(await store.pauses()).toEqual([]);
    const before = await harness.now();
    const until = before + 3_600_000;
    await store.act([
      pauseOf('queue', 'slow', until),
      { ...pauseOf('job', 'work'), actor: 'bob', reason: null },
      pauseOf('schedule', '每夜'),
      pauseOf('job', 'resumed'),
      pauseOf('job', 'over', before - 1),
    ]);
    await harness.act(resumeOf('job', 'resumed'));
    const pauses = (await store.pauses()).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const since = pauses.every((pause) => pause.since >= before);
    expect({ since, pauses: pauses.map((pause) => ({ ...pause, since: 0 })) }).toEqual({
      since: true,
      pauses: [
        { type: 'queue', name: 'slow', reason: 'maintenance', actor: 'ann', since: 0, until },
        { type: 'job', name: 'work', reason: null, actor: 'bob', since: 0, until: null },
        { type: 'schedule', name: '每夜', reason: 'maintenance', actor: 'ann', since: 0, until: null },
      ],
    });
  });

  it('resuming what is not paused is done', async (harness) => {
    expect((await harness.act(resumeOf('queue', 'nothing'))).verdict).toBe('done');
  });
}
