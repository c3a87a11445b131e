import { ended, newRun, pauseOf, resumeOf, suspended, termsOf } from './builders.ts';
import type { Contract } from './contract.ts';
import { only } from './scene.ts';

export function aboutPause({ it, expect }: Contract): void {
  it('runs of a paused job are not claimed, on any node, until it is resumed', async (scene) => {
    const other = await scene.second();
    const worker = await scene.worker();
    const [paused, free] = [newRun({ job: 'paused' }), newRun({ job: 'free' })];
    await scene.store.submit([paused, free]);
    expect(await scene.ask(pauseOf('job', 'paused'))).toEqual({ verdict: 'done', run: null, state: null });
    const jobs = ['paused', 'free'];
    const elsewhere = { worker, jobs: jobs.map((job) => termsOf(job)), free: 10, turn: 0 };
    expect(only((await other.claim({ ...elsewhere, number: 101 })).claims).run).toBe(free.id);
    expect(await scene.claimIds(worker, { jobs })).toEqual([]);
    expect(await scene.ask(resumeOf('job', 'paused'))).toEqual({ verdict: 'done', run: null, state: null });
    expect(only((await other.claim({ ...elsewhere, number: 102 })).claims).run).toBe(paused.id);
  });

  it('runs of a paused queue are not claimed until it is resumed', async (scene) => {
    const worker = await scene.worker();
    const [paused, free] = [newRun({ queue: 'paused' }), newRun({ queue: 'free' })];
    await scene.store.submit([paused, free]);
    await scene.ask(pauseOf('queue', 'paused'));
    const tree = [paused.id];
    expect(await scene.claimIds(worker)).toEqual([free.id]);
    expect(await scene.claimIds(worker, { tree })).toEqual([]);
    await scene.ask(resumeOf('queue', 'paused'));
    expect(await scene.claimIds(worker)).toEqual([paused.id]);
  });

  it('a paused node claims nothing but what it was asked for itself, and others go on', async (scene) => {
    const drained = await scene.worker({ node: 'drained' });
    const other = await scene.worker({ node: 'other' });
    await scene.ask(pauseOf('node', 'drained'));
    const { run } = await scene.submit();
    expect(await scene.claimIds(drained)).toEqual([]);
    expect(await scene.claimIds(drained, { tree: [run.id] })).toEqual([run.id]);
    const next = await scene.submit();
    expect(await scene.claimIds(other)).toEqual([next.run.id]);
    await scene.ask(resumeOf('node', 'drained'));
    const last = await scene.submit();
    expect(await scene.claimIds(drained)).toEqual([last.run.id]);
  });

  it('a job and a queue of one name are paused apart', async (scene) => {
    const worker = await scene.worker();
    await scene.submit({ job: 'work', queue: 'default' });
    await scene.store.ask([pauseOf('job', 'default'), pauseOf('queue', 'work')]);
    expect((await scene.claimIds(worker)).length).toBe(1);
  });

  it('runs that are held go on, and so do submits', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.ask(pauseOf('job', 'work'));
    expect(await scene.record(worker, ended(claim))).toEqual(['ok']);
    expect((await scene.submit()).verdict).toBe('created');
  });

  it('a run that wakes while its job is paused waits for the resumption', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.recorded(worker, suspended(claim, { wakeInMs: 0 }));
    await scene.ask(pauseOf('job', 'work'));
    expect(await scene.claimIds(worker)).toEqual([]);
    await scene.ask(resumeOf('job', 'work'));
    expect(await scene.claimIds(worker)).toEqual([claim.run]);
  });

  it('a pause with an end is over then', async (scene) => {
    const worker = await scene.worker();
    const { run } = await scene.submit();
    await scene.ask(pauseOf('job', 'work', (await scene.now()) + 3_600_000));
    expect(await scene.claimIds(worker)).toEqual([]);
    await scene.ask(pauseOf('job', 'work', (await scene.now()) + 200));
    await scene.pass(200);
    expect(await scene.claimIds(worker)).toEqual([run.id]);
  });

  it('a pause sent again, or over another one, leaves one that a single resume ends', async (scene) => {
    const worker = await scene.worker();
    await scene.submit();
    const pause = pauseOf('job', 'work');
    for (const ask of [pause, pause, pauseOf('job', 'work')]) expect((await scene.ask(ask)).verdict).toBe('done');
    expect(await scene.claimIds(worker)).toEqual([]);
    expect((await scene.ask(resumeOf('job', 'work'))).verdict).toBe('done');
    expect((await scene.claimIds(worker)).length).toBe(1);
  });

  it('all that is paused now is listed, by whom, since when, why and until when', async (scene) => {
    const { store } = scene;
    if (!store.pauses) return;
    expect(await store.pauses()).toEqual([]);
    const before = await scene.now();
    const until = before + 3_600_000;
    await store.ask([
      pauseOf('queue', 'slow', until),
      { ...pauseOf('job', 'work'), actor: 'bob', reason: null },
      pauseOf('schedule', '每夜'),
      pauseOf('job', 'resumed'),
      pauseOf('job', 'over', before - 1),
    ]);
    await scene.ask(resumeOf('job', 'resumed'));
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

  it('resuming what is not paused is done', async (scene) => {
    expect((await scene.ask(resumeOf('queue', 'nothing'))).verdict).toBe('done');
  });
}
