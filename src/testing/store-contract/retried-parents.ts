import type { Claim } from '../../ports/store-claim.ts';
import type { NewRun } from '../../ports/store-submit.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import { cancelOf, childOf, ended, eventTo, failed, restartOf, retryOf, stepBegun, stepDone } from './builders.ts';
import type { Contract } from './contract.ts';
import { only, type Scene } from './scene.ts';

export function aboutRetriedParents({ it, expect }: Contract): void {
  it('a retry leaves steps with children begun, to be looked at, unless the child succeeded', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const children = [childOf(claim), childOf(claim), childOf(claim)];
    for (const [asked, child] of children.entries()) {
      await scene.recorded(worker, stepBegun(claim, `c${asked}`, { type: 'child', asked, child }));
    }
    const error = { code: 'X', message: 'x' };
    await scene.recorded(
      worker,
      stepDone(claim, 'c0', { type: 'child', asked: 0, state: 'failed', output: null, error }),
      stepDone(claim, 'c1', { type: 'child', asked: 1 }),
      failed(claim),
    );
    await scene.ask(retryOf(claim.run));
    const steps = await scene.steps(claim.run);
    const begun = { state: 'running', tries: 0, output: null, error: null, finishedAt: null };
    expect(steps.find(({ key }) => key === 'c0')).toMatchObject({ ...begun, child: children[0]?.id });
    expect(steps.find(({ key }) => key === 'c1')).toMatchObject({ state: 'succeeded', tries: 1 });
    expect(steps.find(({ key }) => key === 'c2')).toMatchObject({ ...begun, child: children[2]?.id });
  });

  it('a restart does the same with begun steps that stay, and leaves those that failed', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const error = { code: 'X', message: 'x' };
    for (const [asked, key] of ['failed', 'begun', 'forgotten'].entries()) {
      await scene.recorded(worker, stepBegun(claim, key, { type: 'child', asked, child: childOf(claim) }));
    }
    await scene.recorded(
      worker,
      stepDone(claim, 'failed', { type: 'child', asked: 0, state: 'failed', output: null, error }),
      failed(claim),
    );
    await scene.ask(restartOf(claim.run, 'forgotten'));
    expect((await scene.steps(claim.run)).map(({ key, state, tries }) => [key, state, tries])).toEqual([
      ['failed', 'failed', 1],
      ['begun', 'running', 0],
    ]);
  });

  it('what ends of children told an earlier life is read', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const { child } = await childBegun(scene, worker, claim);
    await scene.recorded(worker, failed({ run: child.id, epoch: 1 }));
    await scene.ask(eventTo(claim.run, 'go'));
    await scene.recorded(worker, failed(claim));
    await scene.ask(retryOf(claim.run));
    const again = only((await scene.claim(worker)).claims);
    expect((await scene.letters(worker, again)).map(({ kind }) => kind)).toEqual(['event']);
  });

  it('a child that ends after its parent was retried tells it', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const { child } = await childBegun(scene, worker, claim);
    await scene.recorded(worker, failed(claim));
    await scene.ask(retryOf(claim.run));
    const again = only((await scene.claim(worker)).claims);
    const error = { code: 'RUN_CANCELLED', message: `cancelled by run ${claim.run}: its parent failed` };
    await scene.recorded(worker, failed({ run: child.id, epoch: 1 }, { state: 'cancelled', error }));
    const { letters } = only(await scene.inboxes(worker));
    expect({ letters, epoch: again.epoch }).toMatchObject({ letters: [{ kind: 'child', name: child.id }], epoch: 3 });
  });

  it('a try retries the child of its step, once for each number of tries', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const { child, key } = await childBegun(scene, worker, claim);
    await scene.recorded(worker, stepDone({ run: child.id, epoch: 1 }, 'kept'), failed({ run: child.id, epoch: 1 }));
    const again = stepBegun(claim, key, { type: 'child', tries: 2, retriesChild: true });
    expect(await scene.record(worker, again)).toEqual(['ok']);
    expect(await scene.run(child.id)).toMatchObject({ state: 'queued', attempt: 2, generation: 0 });
    expect((await scene.steps(child.id)).map((step) => step.key)).toEqual(['kept']);
    expect(only(await scene.steps(claim.run))).toMatchObject({ state: 'running', tries: 2, child: child.id });
    const second = only((await scene.claim(worker)).claims);
    await scene.recorded(worker, failed(second));
    expect(await scene.record(worker, again)).toEqual(['ok']);
    expect(await scene.state(child.id)).toBe('failed');
  });

  it('it does so in one group with the beginning of another child', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const { child, key } = await childBegun(scene, worker, claim);
    await scene.recorded(worker, failed({ run: child.id, epoch: 1 }));
    const other = childOf(claim);
    await scene.recorded(
      worker,
      stepBegun(claim, key, { type: 'child', tries: 2, retriesChild: true }),
      stepBegun(claim, 'other', { type: 'child', asked: 1, child: other }),
    );
    expect(await Promise.all([child.id, other.id].map((run) => scene.state(run)))).toEqual(['queued', 'queued']);
  });

  it('a child that is unfinished or succeeded is not retried, and nobody who lost the run retries one', async (scene) => {
    const worker = await scene.worker();
    const claim = await scene.running(worker);
    const { child, key } = await childBegun(scene, worker, claim);
    const again = stepBegun(claim, key, { type: 'child', tries: 2, retriesChild: true });
    expect(await scene.record(worker, again)).toEqual(['ok']);
    expect(await scene.run(child.id)).toMatchObject({ state: 'running', epoch: 1 });
    await scene.recorded(worker, failed({ run: child.id, epoch: 1 }));
    const late = stepBegun({ run: claim.run, epoch: claim.epoch + 1 }, key, { tries: 3, retriesChild: true });
    expect(await scene.record(worker, late)).toEqual(['stale']);
    expect(await scene.state(child.id)).toBe('failed');
    await scene.ask(retryOf(child.id));
    await scene.recorded(worker, ended(only((await scene.claim(worker)).claims)));
    expect(await scene.record(worker, { ...again, tries: 3 })).toEqual(['ok']);
    expect(await scene.state(child.id)).toBe('succeeded');
  });

  it('a child that ends while its parent is retried tells it, or is seen to have ended', async (scene) => {
    const other = await scene.second();
    const worker = await scene.worker();
    for (let round = 0; round < 20; round++) {
      const claim = await scene.running(worker);
      const { child } = await childBegun(scene, worker, claim);
      await scene.recorded(worker, failed(claim));
      const [, seen] = await Promise.all([
        scene.record(worker, failed({ run: child.id, epoch: 1 })),
        other.ask([retryOf(claim.run)]).then(() => other.get([child.id])),
      ]);
      const again = only((await scene.claim(worker)).claims);
      const letters = await scene.letters(worker, again);
      expect(letters.length === 1 || seen[0]?.state === 'failed').toBe(true);
      await scene.recorded(worker, ended(again));
    }
  });

  it('says of a child that it was cancelled with its parent', async (scene) => {
    const worker = await scene.worker();
    for (const how of ['failed', 'was cancelled'] as const) {
      const { run } = await scene.submit();
      const claim = only((await scene.claim(worker)).claims);
      const child = childOf(claim, { job: 'nobody knows it' });
      await scene.recorded(worker, stepBegun(claim, 'c', { type: 'child', child }));
      if (how === 'was cancelled') await scene.ask(cancelOf(run.id));
      await scene.recorded(worker, failed(claim, { state: how === 'failed' ? 'failed' : 'cancelled' }));
      const error = { code: 'RUN_CANCELLED', message: `cancelled by run ${claim.run}: its parent ${how}` };
      expect(await scene.run(child.id)).toMatchObject({ state: 'cancelled', error });
    }
  });
}

/** A child in execution, begun by a step of the run. */
async function childBegun(scene: Scene, worker: WorkerId, claim: Claim): Promise<{ child: NewRun; key: string }> {
  const child = childOf(claim, { holder: worker });
  const key = 'c';
  await scene.recorded(worker, stepBegun(claim, key, { type: 'child', child }));
  return { child, key };
}
