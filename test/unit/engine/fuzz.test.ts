import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { App } from '../../../src/app/app.ts';
import { createApp } from '../../../src/program/create-app.ts';
import type { AnyJob } from '../../../src/job/define.ts';
import { openApp } from '../../support/apps.ts';
import { acts, definitions, hostileJobs, tryActs, tryDefinition, tryWish, wishes } from '../../support/hostile-acts.ts';
import { thrownOf, throws, valueNames, type Thrown } from '../../support/hostile-values.ts';

/** `TORTURE=100` times as many. */
const many = Math.max(1, Number(process.env['TORTURE'] ?? 0));

describe('hostile values', () => {
  test('whatever a handler hands in, its run ends, and the other runs of its worker go on', async () => {
    const { app, log } = openApp(hostileJobs);
    await app.start();
    const property = fc.asyncProperty(fc.array(acts, { minLength: 1, maxLength: 4 }), async (script) => {
      const { state, code, executed, neighbour } = await tryActs(app, script);
      expect({ state, neighbour, isOurs: code === 'INTERNAL' }).toEqual({
        state: 'ended',
        neighbour: 'succeeded',
        isOurs: false,
      });
      expect(executed).toBeLessThanOrEqual(4);
    });
    await fc.assert(property, { numRuns: 200 * many });
    expect(log.lines.filter(({ text }) => text.includes('onejob itself'))).toEqual([]);
    expect(app.running.load).toBe(0);
  });

  test('whatever a job is defined with is refused, or its runs end', async () => {
    const property = fc.asyncProperty(definitions, valueNames, async (option, value) => {
      const opened: App[] = [];
      const open = (job: AnyJob): App => {
        const app = createApp({ store: 'memory:', jobs: [job], log: { level: 'silent' } });
        opened.push(app);
        return app;
      };
      const tried = await tryDefinition(option, value, open);
      if (tried !== 'refused') expect(tried).toMatchObject({ state: 'ended' });
      await Promise.all(opened.map((app) => app.stop(0)));
    });
    await fc.assert(property, { numRuns: 150 * many });
  });

  test.each(['beforeRun', 'afterRun'] as const)('whatever the hook %s throws, runs end', async (hook) => {
    const thrown: Thrown[] = [];
    const { app } = openApp(hostileJobs, {
      hooks: {
        [hook]: () => {
          const next = thrown.pop();
          if (next) throw thrownOf(next);
        },
      },
    });
    await app.start();
    const property = fc.asyncProperty(throws, async (next) => {
      thrown.push(next);
      const { id } = await app.client.enqueue('neighbour');
      expect((await app.client.wait(id, { timeout: '20s' })).error?.code).not.toBe('INTERNAL');
    });
    await fc.assert(property, { numRuns: 60 * many });
  });

  test('whatever a caller asks for is refused, or ends', async () => {
    const { app } = openApp(hostileJobs);
    await app.start();
    const property = fc.asyncProperty(valueNames, wishes, async (input, wish) => {
      const tried = await tryWish(app, input, wish);
      if (tried !== 'refused') expect(tried).toMatchObject({ state: 'ended' });
    });
    await fc.assert(property, { numRuns: 200 * many });
  });
});
