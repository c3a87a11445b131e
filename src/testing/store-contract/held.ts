import { ended, newRun, suspended } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { at } from './harness/harness.ts';

export function aboutHeld({ it, expect }: Contract): void {
  it('it lists every run that the worker holds, with its epoch, and no other', async (harness) => {
    const [worker, other] = [await harness.worker(), await harness.worker()];
    const runs = Array.from({ length: 4 }, () => newRun());
    await harness.store.submit(runs);
    const { claims } = await harness.claim(worker, { free: 3 });
    await harness.claim(other);
    await harness.recorded(worker, ended(at(claims, 0)), suspended(at(claims, 1)));
    expect(await harness.held(worker)).toEqual([{ run: at(claims, 2).run, epoch: 1 }]);
    expect(await harness.held(other)).toEqual([{ run: at(runs, 3).id, epoch: 1 }]);
  });

  it('a worker that holds nothing, is evicted or unknown holds no run', async (harness) => {
    const [idle, evicted] = [await harness.worker(), await harness.worker()];
    await harness.running(evicted);
    await harness.evict(evicted);
    for (const worker of [idle, evicted, 'nobody']) expect(await harness.held(worker)).toEqual([]);
  });

  it('it names the epoch of the latest claim', async (harness) => {
    const [first, second] = [await harness.worker(), await harness.worker()];
    const claim = await harness.running(first);
    await harness.evict(first);
    const [again] = (await harness.claim(second)).claims;
    expect(await harness.held(second)).toEqual([{ run: claim.run, epoch: again?.epoch }]);
    expect((again?.epoch ?? 0) > claim.epoch + 1).toBe(true);
  });
}
