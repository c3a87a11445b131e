import { ended, newRun, suspended } from './builders.ts';
import type { Contract } from './contract.ts';
import { at } from './scene.ts';

export function aboutHeld({ it, expect }: Contract): void {
  it('it lists every run that the worker holds, with its epoch, and no other', async (scene) => {
    const [worker, other] = [await scene.worker(), await scene.worker()];
    const runs = Array.from({ length: 4 }, () => newRun());
    await scene.store.submit(runs);
    const { claims } = await scene.claim(worker, { free: 3 });
    await scene.claim(other);
    await scene.recorded(worker, ended(at(claims, 0)), suspended(at(claims, 1)));
    expect(await scene.held(worker)).toEqual([{ run: at(claims, 2).run, epoch: 1 }]);
    expect(await scene.held(other)).toEqual([{ run: at(runs, 3).id, epoch: 1 }]);
  });

  it('a worker that holds nothing, is buried or unknown holds no run', async (scene) => {
    const [idle, buried] = [await scene.worker(), await scene.worker()];
    await scene.running(buried);
    await scene.bury(buried);
    for (const worker of [idle, buried, 'nobody']) expect(await scene.held(worker)).toEqual([]);
  });

  it('it names the epoch of the latest claim', async (scene) => {
    const [first, second] = [await scene.worker(), await scene.worker()];
    const claim = await scene.running(first);
    await scene.bury(first);
    const [again] = (await scene.claim(second)).claims;
    expect(await scene.held(second)).toEqual([{ run: claim.run, epoch: again?.epoch }]);
    expect((again?.epoch ?? 0) > claim.epoch + 1).toBe(true);
  });
}
