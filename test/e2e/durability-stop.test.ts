import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { openFixture, type Fixture, type WorkerProcess, storeKinds } from '../support/worker-processes.ts';

describe.each(storeKinds)('stopping on %s', (kind) => {
  test('VT-14 records the running step, hands every run back, and waits for no sleep and no retry', async () => {
    const fixture = await openFixture(kind);
    const worker = await fixture.worker({ concurrency: 10 });
    const gates = { gate: fixture.path('gate'), block: fixture.path('never'), go: fixture.path('never') };
    const [gated, voyage, naps, retries] = await Promise.all([
      fixture.client.enqueue('gated', gates),
      fixture.client.enqueue('voyage', { steps: 60, ms: 100 }),
      fixture.client.enqueue('naps'),
      fixture.client.enqueue('retries'),
    ]);
    await until('all are where they should be', () => {
      const seen = (id: string) => fixture.ledger().filter((line) => line.run === id && line.step !== undefined).length;
      return seen(gated.id) === 1 && seen(voyage.id) >= 3 && seen(naps.id) === 1 && seen(retries.id) === 1;
    });
    worker.kill('SIGTERM');
    await until('it stops', () => worker.stderr().includes('stopping'));
    writeFileSync(gates.gate, '');
    const openedAt = performance.now();
    expect(await worker.exited).toBe(0);
    // Not the hour of the sleep and of the retry, nor the grace of 25 s.
    expect(performance.now() - openedAt).toBeLessThan(20_000);

    const left = await fixture.client.getMany([gated.id, voyage.id, naps.id, retries.id]);
    for (const run of left) expect(run).toMatchObject({ crashes: 0, error: null, finishedAt: null });
    for (const run of left) expect(['queued', 'waiting']).toContain(run?.state);
    expect((await fixture.client.find(gated.id, { steps: true })).steps?.map(({ key }) => key)).toEqual(['first']);
    // Every step that began was finished and recorded.
    const begun = fixture.ledger().filter((line) => line.run === voyage.id).length;
    expect((await fixture.client.find(voyage.id, { steps: true })).steps).toHaveLength(begun);

    const heir = await fixture.worker();
    expect(await gated.result({ timeout: '60s' })).toBe(heir.pid);
    expect(await voyage.result({ timeout: '60s' })).toBe('there');
    const twice = (id: string) => {
      const steps = fixture.ledger().flatMap(({ run, step }) => (run === id && step !== undefined ? [step] : []));
      return steps.length - new Set(steps).size;
    };
    for (const { id } of [gated, voyage, naps, retries]) expect(twice(id)).toBe(0);
    await until('the heir has parked it', async () => (await fixture.client.find(naps.id)).state === 'waiting');
    heir.kill('SIGTERM');
    expect(await heir.exited).toBe(0);
  }, 120_000);

  test('VT-14 again and again in the middle of a run repeats no step', async () => {
    const fixture = await openFixture(kind);
    const handles = await fixture.client.enqueueMany(
      'voyage',
      Array.from({ length: 4 }, () => ({ input: { steps: 30, ms: 40 } })),
    );
    for (let round = 0; round < 4; round++) {
      const before = fixture.ledger().length;
      const worker = await fixture.worker();
      await until('it works', () => fixture.ledger().length > before + 3);
      worker.kill('SIGTERM');
      expect(await worker.exited).toBe(0);
    }
    await fixture.worker();
    for (const handle of handles) {
      expect(await handle.result({ timeout: '60s' })).toBe('there');
      const steps = fixture.ledger().flatMap(({ run, step }) => (run === handle.id ? [step] : []));
      expect(steps).toEqual(Array.from({ length: 30 }, (_, i) => i));
      expect((await fixture.client.find(handle.id)).crashes).toBe(0);
    }
  }, 120_000);

  test('VT-11 a second worker of one name ends the first with exit 4, and goes on with its runs', async () => {
    const fixture = await openFixture(kind);
    const previous = await fixture.worker({ node: 'mill' });
    const gate = fixture.path('gate');
    const handles = await fixture.client.enqueueMany(
      'zombie',
      Array.from({ length: 3 }, () => ({ input: { steps: 6, ms: 20, gate } })),
    );
    await until('all are at the gate', () => handles.every(({ id }) => begunBy(fixture, previous, id) === 3));
    const newcomer = await fixture.worker({ node: 'mill' });
    await until('the newcomer is there too', () => handles.every(({ id }) => begunBy(fixture, newcomer, id) === 1));
    writeFileSync(gate, '');
    expect(await previous.exited).toBe(4);
    expect(previous.stderr()).toContain('mill');
    for (const { id } of handles) {
      const run = await fixture.client.wait(id, { timeout: '60s' });
      expect(run).toMatchObject({ state: 'succeeded', output: String(newcomer.pid), crashes: 0 });
      const by = ((await fixture.client.find(id, { steps: true })).steps ?? []).map(({ output }) => Number(output));
      // Two steps that the previous worker recorded; what it was at when the newcomer came is refused.
      expect(by).toEqual([0, 1, 2, 3, 4, 5].map((i) => (i < 2 ? previous : newcomer).pid));
    }
    const nodes = (await fixture.client.enqueue('steps', { steps: 2 })).result({ timeout: '60s' });
    expect(await nodes).toBe(1);
    expect(newcomer.child.exitCode).toBeNull();
  }, 120_000);
});

const begunBy = (fixture: Fixture, { pid }: WorkerProcess, id: string) =>
  fixture.ledger().filter((line) => line.pid === pid && line.run === id && line.step !== undefined).length;
