import type { Claim } from '../../ports/store-claim.ts';
import type { NewRun } from '../../ports/store-submit.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import {
  cancelOf,
  childOf,
  ended,
  eventTo,
  failed,
  restartOf,
  retryOf,
  stepBegun,
  stepDone,
} from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { only, type Harness } from './harness/harness.ts';

export function aboutRetriedParents({ it, expect }: Contract): void {
  it('a retry leaves steps with children begun, to be looked at, unless the child succeeded', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const children = [childOf(claim), childOf(claim), childOf(claim)];
    for (const [firstSeq, child] of children.entries()) {
      await harness.recorded(worker, stepBegun(claim, `c${firstSeq}`, { type: 'child', firstSeq, child }));
    }
    const error = { code: 'X', message: 'x' };
    await harness.recorded(
      worker,
      stepDone(claim, 'c0', { type: 'child', firstSeq: 0, state: 'failed', output: null, error }),
      stepDone(claim, 'c1', { type: 'child', firstSeq: 1 }),
      failed(claim),
    );
    await harness.act(retryOf(claim.run));
    const steps = await harness.steps(claim.run);
    const begun = { state: 'running', tries: 0, output: null, error: null, finishedAt: null };
    expect(steps.find(({ key }) => key === 'c0')).toMatchObject({ ...begun, child: children[0]?.id });
    expect(steps.find(({ key }) => key === 'c1')).toMatchObject({ state: 'succeeded', tries: 1 });
    expect(steps.find(({ key }) => key === 'c2')).toMatchObject({ ...begun, child: children[2]?.id });
  });

  it('a restart does the same with begun steps that stay, and leaves those that failed', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const error = { code: 'X', message: 'x' };
    for (const [firstSeq, key] of ['failed', 'begun', 'forgotten'].entries()) {
      await harness.recorded(worker, stepBegun(claim, key, { type: 'child', firstSeq, child: childOf(claim) }));
    }
    await harness.recorded(
      worker,
      stepDone(claim, 'failed', { type: 'child', firstSeq: 0, state: 'failed', output: null, error }),
      failed(claim),
    );
    await harness.act(restartOf(claim.run, 'forgotten'));
    expect((await harness.steps(claim.run)).map(({ key, state, tries }) => [key, state, tries])).toEqual([
      ['failed', 'failed', 1],
      ['begun', 'running', 0],
    ]);
  });

  it('what ends of children told an earlier life is read', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const { child } = await childBegun(harness, worker, claim);
    await harness.recorded(worker, failed({ run: child.id, epoch: 1 }));
    await harness.act(eventTo(claim.run, 'go'));
    await harness.recorded(worker, failed(claim));
    await harness.act(retryOf(claim.run));
    const again = only((await harness.claim(worker)).claims);
    expect((await harness.items(worker, again)).map(({ kind }) => kind)).toEqual(['event']);
  });

  it('a child that ends after its parent was retried tells it', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const { child } = await childBegun(harness, worker, claim);
    await harness.recorded(worker, failed(claim));
    await harness.act(retryOf(claim.run));
    const again = only((await harness.claim(worker)).claims);
    const error = { code: 'RUN_CANCELLED', message: `cancelled by run ${claim.run}: its parent failed` };
    await harness.recorded(worker, failed({ run: child.id, epoch: 1 }, { state: 'cancelled', error }));
    const { items } = only(await harness.inboxes(worker));
    expect({ items, epoch: again.epoch }).toMatchObject({ items: [{ kind: 'child', name: child.id }], epoch: 3 });
  });

  it('a try retries the child of its step, once for each number of tries', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const { child, key } = await childBegun(harness, worker, claim);
    await harness.recorded(worker, stepDone({ run: child.id, epoch: 1 }, 'kept'), failed({ run: child.id, epoch: 1 }));
    const again = stepBegun(claim, key, { type: 'child', tries: 2, retriesChild: true });
    expect(await harness.record(worker, again)).toEqual(['ok']);
    expect(await harness.run(child.id)).toMatchObject({ state: 'queued', attempt: 2, generation: 0 });
    expect((await harness.steps(child.id)).map((step) => step.key)).toEqual(['kept']);
    expect(only(await harness.steps(claim.run))).toMatchObject({ state: 'running', tries: 2, child: child.id });
    const second = only((await harness.claim(worker)).claims);
    await harness.recorded(worker, failed(second));
    expect(await harness.record(worker, again)).toEqual(['ok']);
    expect(await harness.state(child.id)).toBe('failed');
  });

  it('it does so in one group with the beginning of another child', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const { child, key } = await childBegun(harness, worker, claim);
    await harness.recorded(worker, failed({ run: child.id, epoch: 1 }));
    const other = childOf(claim);
    await harness.recorded(
      worker,
      stepBegun(claim, key, { type: 'child', tries: 2, retriesChild: true }),
      stepBegun(claim, 'other', { type: 'child', firstSeq: 1, child: other }),
    );
    expect(await Promise.all([child.id, other.id].map((run) => harness.state(run)))).toEqual(['queued', 'queued']);
  });

  it('a child that is unfinished or succeeded is not retried, and nobody who lost the run retries one', async (harness) => {
    const worker = await harness.worker();
    const claim = await harness.running(worker);
    const { child, key } = await childBegun(harness, worker, claim);
    const again = stepBegun(claim, key, { type: 'child', tries: 2, retriesChild: true });
    expect(await harness.record(worker, again)).toEqual(['ok']);
    expect(await harness.run(child.id)).toMatchObject({ state: 'running', epoch: 1 });
    await harness.recorded(worker, failed({ run: child.id, epoch: 1 }));
    const late = stepBegun({ run: claim.run, epoch: claim.epoch + 1 }, key, { tries: 3, retriesChild: true });
    expect(await harness.record(worker, late)).toEqual(['stale']);
    expect(await harness.state(child.id)).toBe('failed');
    await harness.act(retryOf(child.id));
    await harness.recorded(worker, ended(only((await harness.claim(worker)).claims)));
    expect(await harness.record(worker, { ...again, tries: 3 })).toEqual(['ok']);
    expect(await harness.state(child.id)).toBe('succeeded');
  });

  it('a child that ends while its parent is retried tells it, or is seen to have ended', async (harness) => {
    const other = await harness.second();
    const worker = await harness.worker();
    for (let round = 0; round < 20; round++) {
      const claim = await harness.running(worker);
      const { child } = await childBegun(harness, worker, claim);
      await harness.recorded(worker, failed(claim));
      const [, seen] = await Promise.all([
        harness.record(worker, failed({ run: child.id, epoch: 1 })),
        other.act([retryOf(claim.run)]).then(() => other.get([child.id])),
      ]);
      const again = only((await harness.claim(worker)).claims);
      const items = await harness.items(worker, again);
      expect(items.length === 1 || seen[0]?.state === 'failed').toBe(true);
      await harness.recorded(worker, ended(again));
    }
  });

  it('says of a child that it was cancelled with its parent', async (harness) => {
    const worker = await harness.worker();
    for (const how of ['failed', 'was cancelled'] as const) {
      const { run } = await harness.submit();
      const claim = only((await harness.claim(worker)).claims);
      const child = childOf(claim, { job: 'nobody knows it' });
      await harness.recorded(worker, stepBegun(claim, 'c', { type: 'child', child }));
      if (how === 'was cancelled') await harness.act(cancelOf(run.id));
      await harness.recorded(worker, failed(claim, { state: how === 'failed' ? 'failed' : 'cancelled' }));
      const error = { code: 'RUN_CANCELLED', message: `cancelled by run ${claim.run}: its parent ${how}` };
      expect(await harness.run(child.id)).toMatchObject({ state: 'cancelled', error });
    }
  });
}

/** A child in execution, begun by a step of the run. */
async function childBegun(harness: Harness, worker: WorkerId, claim: Claim): Promise<{ child: NewRun; key: string }> {
  const child = childOf(claim, { holder: worker });
  const key = 'c';
  await harness.recorded(worker, stepBegun(claim, key, { type: 'child', child }));
  return { child, key };
}
