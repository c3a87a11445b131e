import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { createClient } from '../../src/app/client/create-client.ts';
import { live, readLedger, type Orders } from '../support/crashes.ts';
import { createProject } from '../support/project.ts';
import { checkPrograms, executionsOf, programs, stepsOf } from '../support/random-program.ts';

/** `TORTURE=1`: more of them, of the seed that is given. */
const torture = process.env['TORTURE'] === '1';
const seed = Number(process.env['TORTURE_SEED'] ?? 20261121);

/** Several programs at once in one process, which is killed after so many milliseconds of each of its lives. */
const rounds = fc.record({
  programs: fc.array(programs(), { minLength: 4, maxLength: 8 }),
  kills: fc.array(fc.nat(90), { minLength: 3, maxLength: torture ? 10 : 5 }),
  parkAfter: fc.constantFrom(1, 20, '5s'),
});

test(
  'VT-10, VT-21 random programs that are killed anywhere record each step once, take the same branches and come to the same end',
  { timeout: torture ? 1_800_000 : 240_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(rounds, async ({ programs: given, kills, parkAfter }) => {
        const folder = await createProject({});
        const ledger = join(folder, 'ledger');
        const store = `sqlite:${join(folder, 'onejob.db')}`;
        const jobs = given.map(({ node, events }, i) => {
          const key = `program-${i}`;
          return { job: 'interpreter', key, input: { key, node }, events };
        });
        await killAndResume({ store, ledger, jobs, parkAfter }, kills);
        const client = createClient({ store });
        onTestFinished(() => client.close());
        await checkPrograms(given, client, await readLedger(ledger));
        await client.close();
      }),
      { ...(torture && { seed }), numRuns: torture ? 20 : 3, endOnFailure: true },
    );
  },
);

/** After each life: what was recorded before it was not executed in it. */
async function killAndResume(orders: Orders, kills: readonly number[]): Promise<void> {
  const client = createClient({ store: orders.store });
  onTestFinished(() => client.close());
  for (const killAfterMs of [...kills, undefined]) {
    const recorded = await Promise.all(
      orders.jobs.map(async ({ key }) => {
        const steps = await stepsOf(client, key);
        return steps.filter(({ state }) => state !== 'running').map((step) => step.key);
      }),
    );
    const before = await readLedger(orders.ledger);
    const life = await live(orders, killAfterMs === undefined ? {} : { killAfterMs });
    const after = await readLedger(orders.ledger);
    for (const [i, { key }] of orders.jobs.entries()) {
      const [counted, now] = [executionsOf(before, key), executionsOf(after, key)];
      for (const step of recorded[i] ?? []) expect(now.get(step), `${key} ${step}`).toBe(counted.get(step));
    }
    if (life.runs !== null) break;
  }
  await client.close();
}
