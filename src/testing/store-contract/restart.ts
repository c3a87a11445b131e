import { childOf, ended, eventTo, failed, newRun, restartOf, stepBegun, stepDone } from './builders.ts';
import type { Contract } from './contract.ts';
import { only } from './scene.ts';

export function aboutRestart({ it, expect }: Contract): void {
  it('a restart forgets all steps, raises the generation and keeps what the run is', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker, { key: 'k' });
    await scene.recorded(worker, stepDone(claim, 'a'), stepDone(claim, 'b', { asked: 1 }), ended(claim));
    const before = await scene.run(claim.run);
    expect(await scene.ask(restartOf('k', null))).toEqual({ verdict: 'done', run: claim.run, state: 'queued' });
    const { id, key, createdAt, input, traceId, generation } = before;
    expect(await scene.run(claim.run)).toMatchObject({
      id,
      key,
      createdAt,
      input,
      traceId,
      generation: generation + 1,
      state: 'queued',
      attempt: 1,
      crashes: 0,
      output: null,
      error: null,
      finishedAt: null,
    });
    expect(await scene.steps(claim.run)).toEqual([]);
    const again = only((await scene.claim(worker)).claims);
    expect(again).toMatchObject({ run: claim.run, generation: generation + 1, attempt: 1, firstAttempt: 1, steps: 0 });
    expect(again.epoch > claim.epoch).toBe(true);
    expect(await scene.record(worker, ended(claim))).toEqual(['stale']);
  });

  it('from a step on: it and all first asked for at or after it are forgotten', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    // Asked for in the order a, b, c, d; recorded in another one.
    await scene.recorded(
      worker,
      stepDone(claim, 'd', { asked: 3 }),
      stepDone(claim, 'b', { asked: 1 }),
      stepDone(claim, 'a', { asked: 0 }),
      stepBegun(claim, 'c', { asked: 2 }),
      failed(claim),
    );
    expect((await scene.ask(restartOf(claim.run, 'c'))).verdict).toBe('done');
    expect((await scene.steps(claim.run)).map(({ key }) => key)).toEqual(['b', 'a']);
    const again = only((await scene.claim(worker)).claims);
    expect(again.steps).toBe(2);
    expect(await scene.record(worker, stepDone(again, 'd', { asked: 2, output: '"anew"' }))).toEqual(['ok']);
  });

  it('a step that does not exist is told, and nothing is forgotten', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.recorded(worker, stepDone(claim, 'a'), ended(claim));
    const before = await scene.store.get([claim.run], { steps: true });
    expect(await scene.ask(restartOf(claim.run, 'z'))).toEqual({
      verdict: 'step-unknown',
      run: claim.run,
      state: 'succeeded',
    });
    expect(await scene.store.get([claim.run], { steps: true })).toEqual(before);
  });

  it('failed and cancelled runs may be restarted, unfinished and unknown ones not', async (scene) => {
    const worker = await scene.worker();
    for (const state of ['failed', 'cancelled'] as const) {
      const claim = await scene.running(worker);
      expect(await scene.ask(restartOf(claim.run, null))).toEqual({
        verdict: 'active',
        run: claim.run,
        state: 'running',
      });
      await scene.recorded(worker, failed(claim, { state }));
      expect((await scene.ask(restartOf(claim.run, null))).verdict).toBe('done');
      await scene.recorded(worker, ended(only((await scene.claim(worker)).claims)));
    }
    expect(await scene.ask(restartOf(newRun().id, null))).toEqual({ verdict: 'unknown', run: null, state: null });
  });

  it('events that forgotten steps had consumed are in the mailbox again, the others are not', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.store.ask([eventTo(claim.run, 'early', '1'), eventTo(claim.run, 'late', '2')]);
    await scene.recorded(
      worker,
      stepDone(claim, 'wait early', { type: 'wait', asked: 0, consumes: 1 }),
      stepDone(claim, 'wait late', { type: 'wait', asked: 1, consumes: 2 }),
      ended(claim),
    );
    await scene.ask(restartOf(claim.run, 'wait late'));
    const again = only((await scene.claim(worker)).claims);
    expect((await scene.letters(worker, again)).map(({ name, data }) => [name, data])).toEqual([['late', '2']]);
    await scene.recorded(worker, ended(again));
    await scene.ask(restartOf(claim.run, null));
    const anew = only((await scene.claim(worker)).claims);
    expect((await scene.letters(worker, anew)).map(({ name }) => name)).toEqual(['early', 'late']);
  });

  it('a child that a forgotten step had started is not the child of the new one', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const old = childOf(claim, { holder: worker });
    await scene.recorded(worker, stepBegun(claim, 'c', { type: 'child', child: old }));
    await scene.recorded(worker, ended({ run: old.id, epoch: 1 }));
    await scene.recorded(worker, stepDone(claim, 'c', { type: 'child' }), ended(claim));
    await scene.ask(restartOf(claim.run, 'c'));
    const again = only((await scene.claim(worker)).claims);
    const young = childOf(again, { job: 'x' });
    await scene.recorded(worker, stepBegun(again, 'c', { type: 'child', child: young }));
    expect(only(await scene.steps(claim.run))).toMatchObject({ state: 'running', child: young.id });
    expect(await scene.state(old.id)).toBe('succeeded');
  });

  it('output goes on after a restart', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const bytes = new TextEncoder().encode('line\n');
    const chunk = { run: claim.run, epoch: claim.epoch, seq: 1, bytes };
    await scene.store.append({ worker, chunks: [chunk], progress: [] });
    await scene.recorded(worker, ended(claim));
    await scene.ask(restartOf(claim.run, null));
    expect(only((await scene.claim(worker)).claims).outputSeq).toBe(1);
    expect((await scene.store.tail({ run: claim.run, after: 0, maxBytes: 100 })).length).toBe(1);
  });

  it('a restart sent again is done already and raises the generation once', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.recorded(worker, stepDone(claim, 'a'), ended(claim));
    const restart = restartOf(claim.run, 'a');
    expect((await scene.ask(restart)).verdict).toBe('done');
    const before = await scene.run(claim.run);
    expect((await scene.ask(restart)).verdict).toBe('done');
    expect(await scene.run(claim.run)).toEqual(before);
    const again = only((await scene.claim(worker)).claims);
    await scene.recorded(worker, stepDone(again, 'a'), ended(again));
    expect((await scene.ask(restart)).verdict).toBe('done');
    expect((await scene.run(claim.run)).generation).toBe(before.generation);
    expect(await scene.state(claim.run)).toBe('succeeded');
  });

  it('a run may be restarted again and again', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    await scene.recorded(worker, ended(claim));
    const { generation } = await scene.run(claim.run);
    let { epoch } = claim;
    for (let n = 1; n <= 3; n++) {
      await scene.ask(restartOf(claim.run, null));
      const again = only((await scene.claim(worker)).claims);
      expect({ generation: again.generation, later: again.epoch > epoch }).toEqual({
        generation: generation + n,
        later: true,
      });
      epoch = again.epoch;
      await scene.recorded(worker, ended(again, { output: `${n}` }));
    }
    expect(await scene.run(claim.run)).toMatchObject({ state: 'succeeded', output: '3' });
  });
}
