import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { openGround, type Ground, type WorkerProcess, storeKinds } from '../support/worker-processes.ts';

describe.each(storeKinds)('stopping on %s', (kind) => {
  test('VT-14 records the running step, hands every run back, and waits for no sleep and no retry', async () => {
    const ground = await openGround(kind);
    const worker = await ground.worker({ concurrency: 10 });
    const gates = { gate: ground.path('gate'), block: ground.path('never'), go: ground.path('never') };
    const [gated, voyage, naps, retries] = await Promise.all([
      ground.client.enqueue('gated', gates),
      ground.client.enqueue('voyage', { steps: 60, ms: 100 }),
      ground.client.enqueue('naps'),
      ground.client.enqueue('retries'),
    ]);
    await until('all are where they should be', () => {
      const seen = (id: string) => ground.ledger().filter((line) => line.run === id && line.step !== undefined).length;
      return seen(gated.id) === 1 && seen(voyage.id) >= 3 && seen(naps.id) === 1 && seen(retries.id) === 1;
    });
    worker.kill('SIGTERM');
    await until('it stops', () => worker.stderr().includes('stopping'));
    writeFileSync(gates.gate, '');
    const openedAt = performance.now();
    expect(await worker.exited).toBe(0);
    // Not the hour of the sleep and of the retry, nor the grace of 25 s.
    expect(performance.now() - openedAt).toBeLessThan(20_000);

    const left = await ground.client.getMany([gated.id, voyage.id, naps.id, retries.id]);
    for (const run of left) expect(run).toMatchObject({ crashes: 0, error: null, finishedAt: null });
    for (const run of left) expect(['queued', 'waiting']).toContain(run?.state);
    expect((await ground.client.find(gated.id, { steps: true })).steps?.map(({ key }) => key)).toEqual(['first']);
    // Every step that began was finished and recorded.
    const begun = ground.ledger().filter((line) => line.run === voyage.id).length;
    expect((await ground.client.find(voyage.id, { steps: true })).steps).toHaveLength(begun);

    const heir = await ground.worker();
    expect(await gated.result({ timeout: '60s' })).toBe(heir.pid);
    expect(await voyage.result({ timeout: '60s' })).toBe('there');
    const twice = (id: string) => {
      const steps = ground.ledger().flatMap(({ run, step }) => (run === id && step !== undefined ? [step] : []));
      return steps.length - new Set(steps).size;
    };
    for (const { id } of [gated, voyage, naps, retries]) expect(twice(id)).toBe(0);
    await until('the heir has parked it', async () => (await ground.client.find(naps.id)).state === 'waiting');
    heir.kill('SIGTERM');
    expect(await heir.exited).toBe(0);
  }, 120_000);

  test('VT-14 again and again in the middle of a run repeats no step', async () => {
    const ground = await openGround(kind);
    const handles = await ground.client.enqueueMany(
      'voyage',
      Array.from({ length: 4 }, () => ({ input: { steps: 30, ms: 40 } })),
    );
    for (let round = 0; round < 4; round++) {
      const before = ground.ledger().length;
      const worker = await ground.worker();
      await until('it works', () => ground.ledger().length > before + 3);
      worker.kill('SIGTERM');
      expect(await worker.exited).toBe(0);
    }
    await ground.worker();
    for (const handle of handles) {
      expect(await handle.result({ timeout: '60s' })).toBe('there');
      const steps = ground.ledger().flatMap(({ run, step }) => (run === handle.id ? [step] : []));
      expect(steps).toEqual(Array.from({ length: 30 }, (_, i) => i));
      expect((await ground.client.find(handle.id)).crashes).toBe(0);
    }
  }, 120_000);

  test('VT-11 a second worker of one name ends the first with exit 4, and goes on with its runs', async () => {
    const ground = await openGround(kind);
    const elder = await ground.worker({ node: 'mill' });
    const gate = ground.path('gate');
    const handles = await ground.client.enqueueMany(
      'zombie',
      Array.from({ length: 3 }, () => ({ input: { steps: 6, ms: 20, gate } })),
    );
    await until('all are at the gate', () => handles.every(({ id }) => begunBy(ground, elder, id) === 3));
    const newcomer = await ground.worker({ node: 'mill' });
    await until('the newcomer is there too', () => handles.every(({ id }) => begunBy(ground, newcomer, id) === 1));
    writeFileSync(gate, '');
    expect(await elder.exited).toBe(4);
    expect(elder.stderr()).toContain('mill');
    for (const { id } of handles) {
      const run = await ground.client.wait(id, { timeout: '60s' });
      expect(run).toMatchObject({ state: 'succeeded', output: String(newcomer.pid), crashes: 0 });
      const by = ((await ground.client.find(id, { steps: true })).steps ?? []).map(({ output }) => Number(output));
      // Two steps that the elder recorded; what it was at when the newcomer came is refused.
      expect(by).toEqual([0, 1, 2, 3, 4, 5].map((i) => (i < 2 ? elder : newcomer).pid));
    }
    const nodes = (await ground.client.enqueue('steps', { steps: 2 })).result({ timeout: '60s' });
    expect(await nodes).toBe(1);
    expect(newcomer.child.exitCode).toBeNull();
  }, 120_000);
});

const begunBy = (ground: Ground, { pid }: WorkerProcess, id: string) =>
  ground.ledger().filter((line) => line.pid === pid && line.run === id && line.step !== undefined).length;
