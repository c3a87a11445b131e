import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defineJob, type AnyJob } from '../../src/job/define.ts';
import { openApp } from '../support/apps.ts';
import { readLedger, start, type Orders } from '../support/crashes.ts';
import { lockFile, standsStill } from '../support/freeze.ts';
import { createProject } from '../support/project.ts';
import { until } from '../support/until.ts';

/** Short, and long enough that a disk which takes a second to answer kills nobody. */
const lease = '2s';

async function files(): Promise<Pick<Orders, 'store' | 'ledger' | 'lease'> & { gate: string }> {
  const folder = await createProject({});
  const at = (name: string) => join(folder, name);
  return { store: `sqlite:${at('onejob.db')}`, ledger: at('ledger'), lease, gate: at('gate') };
}

/** A chain of 20 steps whose fifth goes on for as long as the gate is shut. */
const gated = (gate: string): Orders['jobs'] => [{ job: 'chain', key: 'a', input: { steps: 20, gateAt: 5, gate } }];

/** The same steps as the job of test/fixtures/engine/program.mjs, with what it does here in `calls`. */
function chain(calls: number[]): AnyJob {
  return defineJob({
    name: 'chain',
    run: async ({ input, step }) => {
      let sum = 0;
      for (let i = 1; i <= (input as { steps: number }).steps; i++) {
        sum += await step(['part', i], () => {
          calls.push(i);
          return i;
        });
      }
      return sum;
    },
  });
}

test('VT-11 the runs of a process that was killed go on in a worker that lives', async () => {
  const fixture = await files();
  const calls: number[] = [];
  const { app } = openApp([chain(calls)], { store: fixture.store, limits: { lease } });
  await app.start();
  const dead = start({ ...fixture, jobs: gated(fixture.gate) });
  await until('five steps', async () => (await readLedger(fixture.ledger)).length === 5);
  dead.kill();
  const run = await app.client.wait('a', { timeout: '60s' }); // polls that are late begin the watch anew
  expect(run).toMatchObject({ state: 'succeeded', output: '210', attempt: 1 });
  expect(calls, 'the step in progress is executed again, no other').toEqual(
    Array.from({ length: 16 }, (_, i) => i + 5),
  );
});

test('VT-12 a process that was stopped past its lease finds its runs taken over, and none of its writes accepted', async () => {
  const fixture = await files();
  const calls: number[] = [];
  const { app } = openApp([chain(calls)], { store: fixture.store, limits: { lease } });
  await app.start();
  const stopped = start({ ...fixture, jobs: gated(fixture.gate) });
  await until('both have beaten', async () => {
    const workers = await app.client.workers();
    return workers.length === 2 && workers.every(({ heartbeat }) => heartbeat > 0);
  });
  await until('the fifth step', async () => (await readLedger(fixture.ledger)).length === 5);
  // Not inside of a commit, as a heartbeat is one: that would block all writers.
  const unlock = await lockFile(fixture.store);
  process.kill(stopped.pid, 'SIGSTOP');
  await until('it stands still', () => standsStill(stopped.pid));
  unlock();
  const run = await app.client.wait('a', { timeout: '60s' });
  expect(run).toMatchObject({ state: 'succeeded', output: '210' });
  const before = await app.client.find('a', { steps: true });
  await writeFile(fixture.gate, '');
  process.kill(stopped.pid, 'SIGCONT');
  const life = await stopped.ended;
  expect(life.runs).toMatchObject([{ state: 'succeeded', output: '210' }]);
  const after = await app.client.find('a', { steps: true });
  expect(after).toEqual(before);
  expect(after.steps).toHaveLength(20);
  const here = Array.from({ length: 5 }, (_, i) => `a part ${i + 1}`);
  expect(await readLedger(fixture.ledger), 'no step begins any more').toEqual(here);
  expect(calls, 'the step in progress and all after it').toEqual(Array.from({ length: 16 }, (_, i) => i + 5));
});

test('a process whose main loop is blocked for several leases keeps its runs', async () => {
  const fixture = await files();
  const { app, log } = openApp([defineJob({ name: 'busy', run: () => 'by another' })], {
    store: fixture.store,
    limits: { lease },
  });
  await app.start();
  const blocked = start({ ...fixture, jobs: [{ job: 'busy', key: 'a', input: { ms: 6_000 } }] });
  const { runs } = await blocked.ended;
  expect(runs).toEqual([{ state: 'succeeded', output: '"done"' }]);
  expect(await app.client.find('a')).toMatchObject({ epoch: 1, crashes: 0 });
  expect(log.texts('warn')).toEqual([]);
});

test('VT-11 on one machine a process that starts takes over at once, without any lease', async () => {
  const fixture = await files();
  const dead = start({ ...fixture, lease: '2m', jobs: gated(fixture.gate) });
  await dead.up;
  dead.kill();
  await dead.ended;
  const calls: number[] = [];
  const { app } = openApp([chain(calls)], { store: fixture.store, limits: { lease: '2m' } });
  await app.start();
  await app.client.wait('a', { timeout: '60s' });
  expect(calls.length).toBeGreaterThan(0);
});
