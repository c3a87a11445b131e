import { childOf, ended, eventTo, failed, newRun, restartOf, stepBegun, stepDone } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { only } from './harness/harness.ts';

export function aboutRestart({ it, expect }: Contract): void {
  it('a restart forgets all steps, raises the generation and keeps what the run is', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker, { key: 'k' });
    await harness.recorded(worker, stepDone(claim, 'a'), stepDone(claim, 'b', { firstSeq: 1 }), ended(claim));
    const before = await harness.run(claim.run);
    expect(await harness.act(restartOf('k', null))).toEqual({ verdict: 'done', run: claim.run, state: 'queued' });
    const { id, key, createdAt, input, traceId, generation } = before;
    expect(await harness.run(claim.run)).toMatchObject({
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
    expect(await harness.steps(claim.run)).toEqual([]);
    const again = only((await harness.claim(worker)).claims);
    expect(again).toMatchObject({ run: claim.run, generation: generation + 1, attempt: 1, firstAttempt: 1, steps: 0 });
    expect(again.epoch > claim.epoch).toBe(true);
    expect(await harness.record(worker, ended(claim))).toEqual(['stale']);
  });

  it('from a step on: it and all first asked for at or after it are forgotten', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    // Asked for in the order a, b, c, d; recorded in another one.
    await harness.recorded(
      worker,
      stepDone(claim, 'd', { firstSeq: 3 }),
      stepDone(claim, 'b', { firstSeq: 1 }),
      stepDone(claim, 'a', { firstSeq: 0 }),
      stepBegun(claim, 'c', { firstSeq: 2 }),
      failed(claim),
    );
    expect((await harness.act(restartOf(claim.run, 'c'))).verdict).toBe('done');
    expect((await harness.steps(claim.run)).map(({ key }) => key)).toEqual(['b', 'a']);
    const again = only((await harness.claim(worker)).claims);
    expect(again.steps).toBe(2);
    expect(await harness.record(worker, stepDone(again, 'd', { firstSeq: 2, output: '"anew"' }))).toEqual(['ok']);
  });

  it('a step that does not exist is told, and nothing is forgotten', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.recorded(worker, stepDone(claim, 'a'), ended(claim));
    const before = await harness.store.get([claim.run], { steps: true });
    expect(await harness.act(restartOf(claim.run, 'z'))).toEqual({
      verdict: 'step-unknown',
      run: claim.run,
      state: 'succeeded',
    });
    expect(await harness.store.get([claim.run], { steps: true })).toEqual(before);
  });

  it('failed and cancelled runs may be restarted, unfinished and unknown ones not', async (harness) => {
    const worker = await harness.worker();
    for (const state of ['failed', 'cancelled'] as const) {
      const claim = await harness.running(worker);
      expect(await harness.act(restartOf(claim.run, null))).toEqual({
        verdict: 'active',
        run: claim.run,
        state: 'running',
      });
      await harness.recorded(worker, failed(claim, { state }));
      expect((await harness.act(restartOf(claim.run, null))).verdict).toBe('done');
      await harness.recorded(worker, ended(only((await harness.claim(worker)).claims)));
    }
    expect(await harness.act(restartOf(newRun().id, null))).toEqual({ verdict: 'unknown', run: null, state: null });
  });

  it('events that forgotten steps had consumed are in the mailbox again, the others are not', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.store.act([eventTo(claim.run, 'early', '1'), eventTo(claim.run, 'late', '2')]);
    await harness.recorded(
      worker,
      stepDone(claim, 'wait early', { type: 'wait', firstSeq: 0, consumes: 1 }),
      stepDone(claim, 'wait late', { type: 'wait', firstSeq: 1, consumes: 2 }),
      ended(claim),
    );
    await harness.act(restartOf(claim.run, 'wait late'));
    const again = only((await harness.claim(worker)).claims);
    expect((await harness.items(worker, again)).map(({ name, data }) => [name, data])).toEqual([['late', '2']]);
    await harness.recorded(worker, ended(again));
    await harness.act(restartOf(claim.run, null));
    const anew = only((await harness.claim(worker)).claims);
    expect((await harness.items(worker, anew)).map(({ name }) => name)).toEqual(['early', 'late']);
  });

  it('a child that a forgotten step had started is not the child of the new one', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const old = childOf(claim, { holder: worker });
    await harness.recorded(worker, stepBegun(claim, 'c', { type: 'child', child: old }));
    await harness.recorded(worker, ended({ run: old.id, epoch: 1 }));
    await harness.recorded(worker, stepDone(claim, 'c', { type: 'child' }), ended(claim));
    await harness.act(restartOf(claim.run, 'c'));
    const again = only((await harness.claim(worker)).claims);
    const young = childOf(again, { job: 'x' });
    await harness.recorded(worker, stepBegun(again, 'c', { type: 'child', child: young }));
    expect(only(await harness.steps(claim.run))).toMatchObject({ state: 'running', child: young.id });
    expect(await harness.state(old.id)).toBe('succeeded');
  });

  it('output goes on after a restart', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const bytes = new TextEncoder().encode('line\n');
    const chunk = { run: claim.run, epoch: claim.epoch, seq: 1, bytes };
    await harness.store.append({ worker, chunks: [chunk], progress: [] });
    await harness.recorded(worker, ended(claim));
    await harness.act(restartOf(claim.run, null));
    expect(only((await harness.claim(worker)).claims).outputSeq).toBe(1);
    expect((await harness.store.tail({ run: claim.run, after: 0, maxBytes: 100 })).length).toBe(1);
  });

  it('a restart sent again is done already and raises the generation once', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.recorded(worker, stepDone(claim, 'a'), ended(claim));
    const restart = restartOf(claim.run, 'a');
    expect((await harness.act(restart)).verdict).toBe('done');
    const before = await harness.run(claim.run);
    expect((await harness.act(restart)).verdict).toBe('done');
    expect(await harness.run(claim.run)).toEqual(before);
    const again = only((await harness.claim(worker)).claims);
    await harness.recorded(worker, stepDone(again, 'a'), ended(again));
    expect((await harness.act(restart)).verdict).toBe('done');
    expect((await harness.run(claim.run)).generation).toBe(before.generation);
    expect(await harness.state(claim.run)).toBe('succeeded');
  });

  it('a run may be restarted again and again', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    await harness.recorded(worker, ended(claim));
    const { generation } = await harness.run(claim.run);
    let { epoch } = claim;
    for (let n = 1; n <= 3; n++) {
      await harness.act(restartOf(claim.run, null));
      const again = only((await harness.claim(worker)).claims);
      expect({ generation: again.generation, later: again.epoch > epoch }).toEqual({
        generation: generation + n,
        later: true,
      });
      epoch = again.epoch;
      await harness.recorded(worker, ended(again, { output: `${n}` }));
    }
    expect(await harness.run(claim.run)).toMatchObject({ state: 'succeeded', output: '3' });
  });
}
