import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { AnyJob } from '../../../src/job/define.ts';
import { createInterpreter } from '../../fixtures/engine/interpreter.mjs';
import { fileStore, openApp } from '../../support/apps.ts';
import { checkPrograms, programs, type Program } from '../../support/random-program.ts';

/** `TORTURE=100` times as many. */
const torture = Number(process.env['TORTURE'] ?? 0);

test('programs that nothing disturbs decide once, and execute each step as often as it fails, and once more', async () => {
  const many = fc.array(programs(), { minLength: 20, maxLength: 30 });
  const property = fc.asyncProperty(many, async (given) => {
    const ledger: string[] = [];
    const { app } = openApp([interpreter(ledger)]);
    await execute(given, [app]);
    await checkPrograms(given, app.client, ledger);
    const branches = ledger.filter((line) => line.includes(' branch '));
    expect(new Set(branches).size).toBe(branches.length);
    await app.stop(0);
  });
  await fc.assert(property, { numRuns: Math.min(20, Math.max(1, torture)), endOnFailure: true });
});

test(
  'VT-12, VT-21 workers that are taken for dead again and again while they live leave each step recorded once, by one branch',
  { timeout: 60_000 + torture * 30_000 },
  async () => {
    const rounds = fc.record({
      given: fc.array(programs(), { minLength: 10, maxLength: 20 }),
      evictions: fc.array(fc.integer({ min: 5, max: 120 }), { minLength: 4, maxLength: 8 }),
      parkAfter: fc.constantFrom(1, 20, '5s' as const),
    });
    const property = fc.asyncProperty(rounds, async ({ given, evictions, parkAfter }) => {
      const ledger: string[] = [];
      const store = await fileStore();
      const limits = { parkAfter, lease: '1s' as const };
      const apps = ['one', 'two'].map((node) => {
        return openApp([interpreter(ledger)], { store, limits, node }).app;
      });
      const done = execute(given, apps);
      for (const afterMs of evictions) {
        await sleep(afterMs);
        const opened = await apps[0]!.openStore();
        const workers = await opened.workers();
        await opened.evict(workers.map(({ id }) => ({ id, seenHeartbeat: null, counted: true })));
      }
      await done;
      await checkPrograms(given, apps[0]!.client, ledger);
      await Promise.all(apps.map((app) => app.stop(0)));
    });
    await fc.assert(property, { numRuns: Math.max(2, torture), endOnFailure: true });
  },
);

/** The fixture is typed by the built package, which is the one that runs here. */
function interpreter(ledger: string[]): AnyJob {
  return createInterpreter((line) => void ledger.push(line)) as unknown as AnyJob;
}

/** Each app asks for every program by its key: one creates the run, the others join it. */
async function execute(given: readonly Program[], apps: readonly ReturnType<typeof openApp>['app'][]): Promise<void> {
  await Promise.all(
    apps.flatMap((app) =>
      given.map(async ({ node, events }, i) => {
        const key = `program-${i}`;
        await app.execute([{ job: 'interpreter', key, input: { key, node }, trigger: 'api' }], {
          onStart: () => {
            for (const { name, afterMs } of events) {
              setTimeout(() => app.client.send(key, name, name).catch(() => undefined), afterMs);
            }
          },
        });
      }),
    ),
  );
}
