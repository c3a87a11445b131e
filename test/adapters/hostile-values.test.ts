import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fileStore, openApp } from '../support/apps.ts';
import { acts, hostileJobs, tryActs, tryWish, wishes } from '../support/hostile-acts.ts';
import { valueNames } from '../support/hostile-values.ts';
import { openMysqlFixture } from '../support/mysql-fixture.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';

/** `TORTURE=100` times as many. */
const many = Math.max(1, Number(process.env['TORTURE'] ?? 0));

/** What one database refuses another one keeps, so the values are tried on each. */
const stores = {
  sqlite: async () => ({ store: await fileStore(), close: () => Promise.resolve() }),
  postgres: openPostgresFixture,
  mysql: openMysqlFixture,
};

describe.each(Object.keys(stores) as (keyof typeof stores)[])('hostile values on %s', (name) => {
  test('whatever a handler hands in, its run ends, and the other runs of its worker go on', async () => {
    const { app, log } = await open(name);
    const property = fc.asyncProperty(fc.array(acts, { minLength: 1, maxLength: 3 }), async (script) => {
      const { state, code, neighbour } = await tryActs(app, script);
      const isOurs = code === 'INTERNAL';
      expect({ state, neighbour, isOurs }).toEqual({ state: 'ended', neighbour: 'succeeded', isOurs: false });
    });
    await fc.assert(property, { numRuns: 60 * many });
    expect(log.lines.filter(({ text }) => text.includes('onejob itself'))).toEqual([]);
  });

  test('whatever a caller asks for is refused, or ends', async () => {
    const { app } = await open(name);
    const property = fc.asyncProperty(valueNames, wishes, async (input, wish) => {
      const tried = await tryWish(app, input, wish);
      if (tried !== 'refused') expect(tried).toMatchObject({ state: 'ended' });
    });
    await fc.assert(property, { numRuns: 60 * many });
  });
});

async function open(name: keyof typeof stores) {
  const fixture = await stores[name]();
  onTestFinished(() => fixture.close());
  const opened = openApp(hostileJobs, { store: fixture.store });
  await opened.app.start();
  return opened;
}
