import { cancelOf, ended, registration, fireOf, newRun, schedulePlan, termsOf } from './harness/builders.ts';
import type { Contract } from './harness/contract.ts';
import { codeOf } from './harness/harness.ts';

export function aboutClose({ it, expect }: Contract): void {
  it('it resolves when every call begun has settled, and each of them counted', async (harness) => {
    const { store } = harness;
    const settled: string[] = [];
    const calls = Array.from({ length: 20 }, async () => {
      for (const { verdict } of await store.submit([newRun()])) settled.push(verdict);
    });
    calls.push(store.list({ limit: 1 }).then(() => void settled.push('listed')));
    await store.close();
    expect(settled.length).toBe(21);
    await Promise.all(calls);
    expect(settled.filter((verdict) => verdict === 'created').length).toBe(20);
  });

  it('every later call rejects with STORE_UNAVAILABLE', async (harness) => {
    const { store } = harness;
    await store.close();
    const policy = { succeededMs: 1, failedMs: 1, succeededRuns: 1, failedRuns: 1 };
    const calls: Record<string, () => Promise<unknown>> = {
      migrate: async () => await store.migrate(),
      submit: async () => await store.submit([newRun()]),
      registerWorker: async () => await store.registerWorker(registration()),
      heartbeat: async () => await store.heartbeat({ worker: 'w' }),
      workers: async () => await store.workers(),
      evict: async () => await store.evict([{ id: 'w', seenHeartbeat: 0, counted: true }]),
      claim: async () => await store.claim({ number: 1, worker: 'w', jobs: [termsOf('work')], free: 1, turn: 0 }),
      messages: async () => await store.messages({ worker: 'w', runs: [{ run: 'r', epoch: 1, seen: 0 }], maxBytes: 1 }),
      steps: async () => await store.steps({ run: newRun().id, after: null, maxBytes: 1 }),
      record: async () => await store.record({ worker: 'w', entries: [ended({ run: newRun().id, epoch: 1 })] }),
      append: async () =>
        await store.append({
          worker: 'w',
          chunks: [{ run: newRun().id, epoch: 1, seq: 1, bytes: new Uint8Array(1) }],
          progress: [],
        }),
      act: async () => await store.act([cancelOf('x')]),
      get: async () => await store.get(['x']),
      list: async () => await store.list({ limit: 1 }),
      tail: async () => await store.tail({ run: newRun().id, after: 0, maxBytes: 1 }),
      plan: async () => await store.plan({ app: 'a', version: '1.0.0', schedules: [schedulePlan('s')] }),
      due: async () => await store.due({ limit: 1 }),
      fire: async () => await store.fire([fireOf('s', 1)]),
      prune: async () => await store.prune({ policy, limit: 1 }),
    };
    for (const [method, call] of Object.entries(calls)) {
      expect({ method, code: await codeOf(call()) }).toEqual({ method, code: 'STORE_UNAVAILABLE' });
    }
  });

  it('closing again, also at the same time, is fine', async (harness) => {
    await Promise.all([harness.store.close(), harness.store.close()]);
    await harness.store.close();
    expect(await codeOf(harness.store.list({ limit: 1 }))).toBe('STORE_UNAVAILABLE');
  });

  it('one handle closed leaves the others open', async (harness) => {
    const other = await harness.second();
    if (other === harness.store) return;
    const { run } = await harness.submit();
    await harness.store.close();
    expect((await other.get([run.id]))[0]?.id).toBe(run.id);
  });
}
