import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defineJob } from '../../src/job/define.ts';
import type { Store } from '../../src/ports/store.ts';
import { termsOf } from '../../src/testing/store-contract/builders.ts';
import { openApp } from './apps.ts';
import { anEnrolment, aRun } from './store-values.ts';
import { until } from './until.ts';

/** A store on a server, whose messages are noted. */
export interface NotedGround {
  readonly store: Store;
  readonly messages: string[];
  /** The server carries the next message out, and its answer does not arrive. */
  loseNext(): void;
  close(): Promise<void>;
}

/** A claim that is asked for in the same turn as a submit: one message, and the answers of both. */
export function describeSubmitWithClaim(name: string, open: () => Promise<NotedGround>): void {
  describe(`a submit with a claim on ${name}`, () => {
    let ground: NotedGround;
    let store: Store;
    const worker = anEnrolment({ jobs: ['work'] });
    const request = (free: number) => ({ worker: worker.id, jobs: [termsOf('work')], free, turn: 0 });

    beforeEach(async () => {
      ground = await open();
      ({ store } = ground);
      await store.migrate();
      await store.enrol(worker);
      await store.claim(request(1)); // from now on it is a process that claims
      ground.messages.length = 0;
    });

    afterEach(() => ground.close());

    test('a claim of the same turn travels with a submit, and what it gets is answered as running', async () => {
      const [first, second] = [aRun(), aRun()];
      const [submitted, claimed] = await Promise.all([store.submit([first, second]), store.claim(request(1))]);
      expect(ground.messages).toHaveLength(1);
      expect(claimed.claims).toMatchObject([{ run: first.id, epoch: 1 }]);
      expect(submitted).toMatchObject([
        { verdict: 'created', run: { id: first.id, state: 'running' } },
        { verdict: 'created', run: { id: second.id, state: 'queued' } },
      ]);
      expect(await store.get([first.id, second.id])).toMatchObject([{ state: 'running' }, { state: 'queued' }]);
    });

    test('what nothing lies before is born held, with all that a claim says of it', async () => {
      const later = aRun({ delayMs: 60_000 });
      await store.submit([later]);
      const [first, second] = [
        aRun({ priority: 1, timeoutMs: 5_000, deadlineMs: 9_000 }),
        aRun({ priority: 2, args: ['a'] }),
      ];
      const [submitted, claimed] = await Promise.all([store.submit([first, second]), store.claim(request(3))]);
      expect(submitted).toMatchObject([{ run: { state: 'running' } }, { run: { state: 'running' } }]);
      const [held, high] = await store.get([first.id, second.id]);
      expect(high).toMatchObject({
        state: 'running',
        epoch: 1,
        attempt: 1,
        startedAt: claimed.now,
        dueAt: claimed.now,
      });
      expect(claimed).toMatchObject({
        nextDueAt: (await store.get([later.id]))[0]?.dueAt,
        claims: [
          { run: second.id, epoch: 1, args: ['a'], createdAt: high?.createdAt },
          { run: first.id, epoch: 1, timeoutMs: 5_000, deadlineAt: (held?.dueAt ?? 0) + 9_000 },
        ],
      });
      expect(await store.held(worker.id)).toHaveLength(2);
    });

    test.each([
      ['a run that is due before it', async () => void (await store.submit([aRun()]))],
      [
        'a run of higher priority in another queue',
        async () => void (await store.submit([aRun({ queue: 'b', priority: 1 })])),
      ],
    ])('%s is claimed first', async (_, before) => {
      await before();
      const run = aRun();
      const [submitted, { claims }] = await Promise.all([store.submit([run]), store.claim(request(1))]);
      expect(claims).toHaveLength(1);
      expect(claims[0]?.run).not.toBe(run.id);
      expect(submitted).toMatchObject([{ verdict: 'created', run: { state: 'queued' } }]);
    });

    test('of runs born held, one whose key is there already is not taken', async () => {
      const there = aRun({ key: 'a', delayMs: 60_000 });
      await store.submit([there]);
      const runs = [aRun({ key: 'a' }), aRun({ key: 'b' })] as const;
      const [submitted, { claims }] = await Promise.all([store.submit(runs), store.claim(request(5))]);
      expect(submitted).toMatchObject([
        { verdict: 'existing', run: { id: there.id, state: 'queued' } },
        { verdict: 'created', run: { id: runs[1].id, state: 'running' } },
      ]);
      expect(claims.map(({ run }) => run)).toEqual([runs[1].id]);
    });

    test('nothing is born held by a worker that is buried', async () => {
      const [{ id, beat } = { id: '', beat: 0 }] = await store.workers();
      await store.bury([{ id, seenBeat: beat, counted: true }]);
      const [submitted, { claims }] = await Promise.all([store.submit([aRun()]), store.claim(request(5))]);
      expect(claims).toEqual([]);
      expect(submitted).toMatchObject([{ verdict: 'created', run: { state: 'queued' } }]);
    });

    test('a submit with its claim that is repeated after a lost answer is the same', async () => {
      const run = aRun();
      ground.loseNext();
      const [submitted, { claims }] = await Promise.all([store.submit([run]), store.claim(request(5))]);
      expect(ground.messages).toHaveLength(2);
      expect(submitted).toMatchObject([{ verdict: 'created', run: { id: run.id, state: 'running' } }]);
      expect(claims).toMatchObject([{ run: run.id, epoch: 1 }]);
    });

    test('a pause holds for what is claimed with its submit', async () => {
      const pause = { id: 'ask 1', kind: 'pause', actor: 'ann', reason: null, until: null } as const;
      await store.ask([{ ...pause, target: { type: 'job', name: 'work' } }]);
      const [submitted, claimed] = await Promise.all([store.submit([aRun()]), store.claim(request(1))]);
      expect(claimed.claims).toEqual([]);
      expect(submitted).toMatchObject([{ run: { state: 'queued' } }]);
    });

    test('a submit that repeats another one is answered as that stands, with a claim too', async () => {
      const run = aRun({ key: 'a' });
      await store.submit([run]);
      const [submitted, claimed] = await Promise.all([store.submit([run]), store.claim(request(1))]);
      expect(claimed.claims).toMatchObject([{ run: run.id, key: 'a' }]);
      expect(submitted).toMatchObject([{ verdict: 'created', run: { id: run.id, state: 'running' } }]);
    });

    test('a submit that the server refuses takes no claim down with it', async () => {
      const due = aRun();
      await store.submit([due]);
      const answers = await Promise.allSettled([
        store.submit([aRun({ priority: 2 ** 40 })]), // no integer of the server
        store.claim(request(1)),
      ]);
      expect(answers).toMatchObject([
        { status: 'rejected', reason: { code: 'VALUE_REJECTED' } },
        { status: 'fulfilled', value: { claims: [{ run: due.id }] } },
      ]);
    });

    test('an idle worker has what its own process asks for with one message', async () => {
      const hello = defineJob({ name: 'hello', run: () => 'hello' });
      const { app } = openApp([hello], { store });
      await app.start();
      // A look that is on its way already makes the next one wait.
      await until('a run started with its submit', async () => {
        const handle = await app.client.enqueue(hello);
        expect(await handle.result({ timeout: '30s' })).toBe('hello');
        return handle.state === 'running';
      });
      await app.stop();
    });
  });
}
