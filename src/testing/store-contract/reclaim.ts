import { armFailpoint, disarmFailpoints } from '../../std/failpoint.ts';
import { ended, eventTo, handedBack, newRun, newRuns, stepDone, suspended } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { at, codeOf, only } from './harness/harness.ts';

export function aboutReclaim({ it, expect, failpoints }: Contract): void {
  it('a claim whose answer was lost is told by its number, as often as it is asked for', async (harness) => {
    const worker = await harness.worker();
    const runs = [newRun({ priority: 1, key: 'k' }), newRun()];
    await harness.store.submit(runs);
    const claim = async () => await harness.claim(worker, { number: 7 });
    let taken;
    if (failpoints) {
      armFailpoint('store.claim.committed', 'throw', { times: 1 });
      expect(await codeOf(claim())).toBe('STORE_UNAVAILABLE');
      disarmFailpoints();
    } else {
      taken = (await claim()).claims;
    }
    const first = await harness.store.reclaim({ worker, number: 7 });
    expect(first.claims.map(({ run }) => run)).toEqual(runs.map(({ id }) => id));
    expect(first.claims).toMatchObject([{ epoch: 1, key: 'k', priority: 1, attempt: 1 }, { epoch: 1 }]);
    if (taken) expect(first.claims).toEqual(taken);
    const again = await harness.store.reclaim({ worker, number: 7 });
    expect(again.claims).toEqual(first.claims);
    await harness.recorded(worker, ...again.claims.map((one) => ended(one)));
  });

  it('a claim that is made twice takes once, and says the same', async (harness) => {
    const worker = await harness.worker();
    await harness.store.submit(newRuns(3));
    const { claims } = await harness.claim(worker, { number: 2, free: 1 });
    expect((await harness.claim(worker, { number: 2, free: 2 })).claims).toEqual(claims);
    expect((await harness.claimIds(worker, { number: 3, free: 5 })).length).toBe(2);
  });

  it('it tells the mailbox items and steps of a run as a claim does', async (harness) => {
    const worker = await harness.worker();
    const first = await harness.running(worker);
    await harness.recorded(worker, stepDone(first, 'one'), handedBack(first));
    await harness.act(eventTo(first.run, 'go', '1'));
    const claim = only((await harness.claim(worker, { number: 2 })).claims);
    expect(claim).toMatchObject({ steps: 1, mailboxSeq: 1, epoch: first.epoch + 1 });
    expect((await harness.store.reclaim({ worker, number: 2 })).claims).toEqual([claim]);
  });

  it('only what the worker holds by that claim is told', async (harness) => {
    const [worker, other] = [await harness.worker(), await harness.worker()];
    await harness.store.submit(newRuns(8));
    const { claims } = await harness.claim(worker, { number: 3, free: 5 });
    await harness.claim(worker, { number: 4, free: 1 });
    await harness.claim(other, { number: 3 });
    await harness.recorded(worker, ended(at(claims, 0)), suspended(at(claims, 1)), handedBack(at(claims, 2)));
    const back = only((await harness.claim(worker, { number: 5 })).claims);
    expect(back.run).toBe(at(claims, 2).run);
    const told = (await harness.store.reclaim({ worker, number: 3 })).claims;
    expect(told.map(({ run }) => run)).toEqual([at(claims, 3).run, at(claims, 4).run]);
  });

  it('a claim that comes after its number was asked for takes nothing, nor one before it', async (harness) => {
    const worker = await harness.worker();
    const { run } = await harness.submit();
    expect((await harness.store.reclaim({ worker, number: 5 })).claims).toEqual([]);
    for (const number of [5, 4, 1]) expect(await harness.claimIds(worker, { number })).toEqual([]);
    expect(await harness.claimIds(worker, { number: 6 })).toEqual([run.id]);
  });

  it('an earlier number that is asked for later opens nothing again', async (harness) => {
    const worker = await harness.worker();
    await harness.submit();
    await harness.store.reclaim({ worker, number: 5 });
    await harness.store.reclaim({ worker, number: 2 });
    expect(await harness.claimIds(worker, { number: 5 })).toEqual([]);
  });

  it('a submit whose holder has closed its number creates its runs queued', async (harness) => {
    const worker = await harness.worker();
    await harness.store.reclaim({ worker, number: 3 });
    const [late, fresh, keyed] = [
      newRun({ holder: worker, claim: 3 }),
      newRun({ holder: worker, claim: 4 }),
      newRun({ holder: worker, claim: 2, key: 'k' }),
    ];
    const answers = await harness.store.submit([late, fresh, keyed]);
    expect(answers.map(({ verdict, run }) => [verdict, run.state])).toEqual([
      ['created', 'queued'],
      ['created', 'running'],
      ['created', 'queued'],
    ]);
    expect(only(await harness.store.submit([newRun({ holder: worker, claim: 3 })])).run.state).toBe('queued');
    const other = await harness.worker();
    expect((await harness.claimIds(other)).length).toBe(3);
  });

  it('what a submit created as held is told by its number, however often the submit was made', async (harness) => {
    const worker = await harness.worker();
    const runs = newRuns(2, { holder: worker, claim: 9 });
    await harness.store.submit(runs);
    await harness.store.submit(runs);
    const told = (await harness.store.reclaim({ worker, number: 9 })).claims;
    expect(told.map(({ run, epoch }) => [run, epoch])).toEqual(runs.map(({ id }) => [id, 1]));
    await harness.store.submit(runs);
    expect((await harness.store.reclaim({ worker, number: 9 })).claims).toEqual(told);
  });

  it('a worker that is evicted or unknown is told nothing', async (harness) => {
    const evicted = await harness.worker();
    await harness.running(evicted);
    await harness.evict(evicted);
    for (const worker of [evicted, 'nobody']) {
      expect((await harness.store.reclaim({ worker, number: 1 })).claims).toEqual([]);
    }
  });

  it('a claim and the question for it, made at the same time: what was taken is told', async (harness) => {
    const other = await harness.second();
    for (let number = 1; number <= 40; number++) {
      const worker = await harness.worker();
      await harness.store.submit(newRuns(3));
      const [, told] = await Promise.all([harness.claim(worker, { number }), other.reclaim({ worker, number })]);
      const held = await harness.held(worker);
      expect(told.claims.map(({ run }) => run).toSorted()).toEqual(held.map(({ run }) => run));
      await harness.recorded(worker, ...held.map((hold) => ended(hold)));
      await harness.claim(await harness.worker());
    }
  });

  it('a submit with a holder and the question for it, made at the same time: what is held is told', async (harness) => {
    const other = await harness.second();
    for (let number = 1; number <= 40; number++) {
      const worker = await harness.worker();
      const runs = newRuns(3, { holder: worker, claim: number });
      const [submitted, told] = await Promise.all([harness.store.submit(runs), other.reclaim({ worker, number })]);
      const held = submitted.filter(({ run }) => run.state === 'running');
      expect(told.claims.map(({ run }) => run)).toEqual(held.map(({ run }) => run.id));
    }
  });
}
