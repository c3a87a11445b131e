import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createClient } from '../../src/app/client/create-client.ts';
import type { Client } from '../../src/app/client/client.ts';
import { definePipeline } from '../../src/job/pipeline.ts';
import { openApp } from '../support/apps.ts';
import { live, readLedger, type Orders } from '../support/crashes.ts';
import { runNode } from '../support/node-process.ts';
import { createProject } from '../support/project.ts';
import { until } from '../support/until.ts';

/** A store and a ledger of their own, and a client to look at them. */
async function fixture(): Promise<Pick<Orders, 'store' | 'ledger'> & { client: Client }> {
  const folder = await createProject({});
  const store = `sqlite:${join(folder, 'onejob.db')}`;
  const client = createClient({ store });
  onTestFinished(() => client.close());
  return { store, ledger: join(folder, 'ledger'), client };
}

const parts = (count: number): string[] => Array.from({ length: count }, (_, i) => `a part ${i + 1}`);

/** `TORTURE=1`: every failpoint and more lives. */
const isTorture = process.env['TORTURE'] === '1';
const patienceMs = isTorture ? 1_800_000 : 120_000;

describe('a process that is killed at a failpoint, and another that goes on with its run', () => {
  // Five steps are five groups of records, the sixth is the outcome.
  const groups = isTorture ? [1, 2, 3, 4, 5, 6] : [1, 6];
  test.each([
    ...(isTorture
      ? ['store.registerWorker.before=kill', 'store.registerWorker.committed=kill', 'store.submit.before=kill']
      : []),
    'store.submit.committed=kill',
    ...groups.flatMap((nth) => [`store.record.before=kill@${nth}`, `store.record.committed=kill@${nth}`]),
    'store.append.committed=kill',
  ])('VT-10 %s', async (failpoints) => {
    const { client, ...files } = await fixture();
    const orders: Orders = { ...files, jobs: [{ job: 'chain', key: 'a', input: { steps: 5 } }] };
    expect((await live(orders, { failpoints })).signal).toBe('SIGKILL');
    const before = await readLedger(files.ledger);
    const recorded = (await client.get('a', { steps: true }))?.steps?.length ?? 0;

    expect((await live(orders)).runs).toEqual([{ state: 'succeeded', output: '15' }]);
    const after = (await readLedger(files.ledger)).slice(before.length);
    expect(after, 'a recorded step is not executed again, all others are').toEqual(parts(5).slice(recorded));
    expect(recorded, 'at most the step in progress is lost').toBeGreaterThanOrEqual(before.length - 1);
    const run = await client.find('a', { steps: true });
    expect(run.steps?.map(({ key, tries }) => `${key} ${tries}`)).toEqual(
      Array.from({ length: 5 }, (_, i) => `part:${i + 1} 1`),
    );
    expect(run.attempt, 'a crash uses up no attempt').toBe(1);
  });

  test('VT-10 also when the second is killed while it claims', async () => {
    const { client, ...files } = await fixture();
    const orders: Orders = { ...files, jobs: [{ job: 'chain', key: 'a', input: { steps: 3 } }] };
    for (const failpoints of [
      'store.record.before=kill@2',
      'store.evict.before=kill',
      'store.evict.committed=kill',
      'store.claim.before=kill',
      'store.claim.committed=kill',
      'store.record.committed=kill',
    ]) {
      expect((await live(orders, { failpoints })).signal).toBe('SIGKILL');
    }
    expect((await live(orders)).runs).toEqual([{ state: 'succeeded', output: '6' }]);
    expect(new Set(await readLedger(files.ledger))).toEqual(new Set(parts(3)));
    expect((await client.find('a')).epoch).toBeGreaterThanOrEqual(4);
  });
});

describe('a process that is killed at any instant', { timeout: patienceMs }, () => {
  test('VT-10 executes each of 40 steps at least once, and none again that was recorded', async () => {
    const { client, ...files } = await fixture();
    const orders: Orders = { ...files, jobs: [{ job: 'chain', key: 'a', input: { steps: 40, ms: 3 } }] };
    const max = isTorture ? 200 : 8;
    for (let lives = 1; ; lives++) {
      const counted = countOf(await readLedger(files.ledger));
      const recorded = ((await client.get('a', { steps: true }))?.steps ?? []).map(
        ({ key }) => `a part ${key.slice(5)}`,
      );
      const life = await live(orders, lives < max ? { killAfterMs: (lives * 7) % 31 } : {});
      const now = countOf(await readLedger(files.ledger));
      for (const step of recorded) expect(now.get(step), `${step} was recorded`).toBe(counted.get(step));
      if (life.runs === null) continue;
      expect(life.runs).toEqual([{ state: 'succeeded', output: '820' }]);
      break;
    }
    expect([...countOf(await readLedger(files.ledger)).keys()]).toEqual(parts(40));
  });

  test('VT-10 keeps the count of its tries', async () => {
    const { client, ...files } = await fixture();
    const input = { attempts: 4, delay: 120 };
    const orders: Orders = { ...files, jobs: [{ job: 'flaky', key: 'a', input }] };
    for (let lives = 1; (await live(orders, lives < 6 ? { killAfterMs: 90 } : {})).runs === null; lives++);
    const run = await client.find('a', { steps: true });
    expect(run).toMatchObject({ state: 'failed', error: { code: 'NO_LUCK', message: 'try 4' } });
    expect(run.steps).toMatchObject([{ key: 'flaky', state: 'failed', tries: 4 }]);
    const tries = await readLedger(files.ledger);
    expect([...new Set(tries)]).toEqual([1, 2, 3, 4].map((attempt) => `a try ${attempt}`));
  });

  test('VT-24 reads at most one page of rows again', async () => {
    const { client, ...files } = await fixture();
    const orders: Orders = { ...files, jobs: [{ job: 'pages', key: 'a' }] };
    let lives = 1;
    const max = isTorture ? 100 : 6;
    while ((await live(orders, lives < max ? { killAfterMs: 9 } : {})).runs === null) lives++;
    const rows = await readLedger(files.ledger);
    expect(new Set(rows).size).toBe(100);
    expect(rows.length).toBeLessThanOrEqual(100 + 10 * (lives - 1));
    expect(JSON.parse((await client.find('a')).output!)).toEqual({ pages: 10, items: 100, failed: 0 });
  });

  test('VT-19 a run that kills its process fails after three crashes, naming the workers; it does not run a fourth time', async () => {
    const { client, ...files } = await fixture();
    const orders: Orders = { ...files, jobs: [{ job: 'deadly', key: 'a' }] };
    const lives = [];
    for (let life = 0; life < 4; life++) lives.push((await live(orders)).signal);
    expect(lives).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL', null]);
    expect(await readLedger(files.ledger)).toEqual(['a deadly', 'a deadly', 'a deadly']);
    const run = await client.find('a');
    expect(run).toMatchObject({ state: 'failed', error: { code: 'RUN_CRASHED' } });
    expect(run.error?.message).toMatch(/3|three/);
  });
});

describe('a callback whose run was ended by the store, by a process that is killed in that very moment', () => {
  const mourner = (called: string[]) =>
    definePipeline({ name: 'mourned' })
      .step('die', () => undefined)
      .onFailure(({ run, state }) => called.push(`${run.key} ${state}`));

  test('VT-4 is called after a run crashed for good', async () => {
    const { client, ...files } = await fixture();
    const orders: Orders = { ...files, jobs: [{ job: 'mourned', key: 'a' }] };
    expect((await live(orders)).signal).toBe('SIGKILL');
    expect((await live(orders, { failpoints: 'store.evict.committed=kill' })).signal).toBe('SIGKILL');
    expect((await client.find('a')).error?.code).toBe('RUN_CRASHED');
    const called: string[] = [];
    const { app } = openApp([mourner(called)], { store: files.store });
    await app.start();
    await until('it is called', () => called.length > 0);
    expect(called).toEqual(['a failed']);
  });

  test('VT-4 is called after a cancel by a client that knows no job', async () => {
    const { client, ...files } = await fixture();
    const called: string[] = [];
    const { app } = openApp([mourner(called)], { store: files.store });
    await app.client.enqueue('mourned', undefined, { key: 'a' });
    const cancelling = `
      const { createClient } = await import(dist + 'index.js');
      await createClient({ store: process.argv[1] }).cancel('a', 'no longer needed');`;
    const flags = ['--import', 'data:text/javascript,process.env.ONEJOB_FAILPOINTS="store.act.committed=kill"'];
    expect((await runNode(cancelling, { args: [files.store], flags })).signal).toBe('SIGKILL');
    expect(await client.find('a')).toMatchObject({ state: 'cancelled' });
    await app.start();
    await until('it is called', () => called.length > 0);
    expect(called).toEqual(['a cancelled']);
  });
});

function countOf(lines: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}
