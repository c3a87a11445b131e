import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createClient } from '../../src/index.ts';
import { createInstalled, startOnejob } from '../support/onejob.ts';
import { runNode } from '../support/node-process.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';
import { openMysqlDatabase } from '../support/servers.ts';
import { until } from '../support/until.ts';

const files = {
  'jobs/hello.job.mjs': `import { defineJob } from 'onejob'; export default defineJob({ run: () => 'hello' });`,
};

/**
 * Of up to twenty runs that another process enqueues for an idle worker, how many it has begun well before its next poll:
 * it stops at the second. A busy machine delays some, and a poll that happens to come hides that a hint was lost.
 */
async function begunByHint(store: string, cwd: string): Promise<number> {
  const worker = startOnejob(['start', '--roles=worker', '--store', store], { cwd });
  await worker.said('onejob ready');
  const client = createClient({ store });
  let soon = 0;
  try {
    for (let n = 0; n < 20 && soon < 2; n++) {
      await sleep(1_000); // idle for so long, the worker polls next in about 600 ms
      const { id } = await client.enqueue('hello');
      const run = await until('it has ended', async () => {
        const run = await client.find(id);
        return run.state === 'succeeded' && run;
      });
      if ((run.startedAt ?? Infinity) - run.createdAt < 400) soon++;
    }
  } finally {
    await client.close();
    worker.child.kill('SIGTERM');
    await worker.ended;
  }
  return soon;
}

describe('an idle worker begins what another process enqueues before its next poll, which comes after a second', () => {
  test('on sqlite', async () => {
    const cwd = await createInstalled(files);
    expect(await begunByHint(`sqlite:${join(cwd, 'onejob.db')}`, cwd)).toBe(2);
  });

  test('on postgres', async () => {
    const cwd = await createInstalled(files);
    const fixture = await openPostgresFixture();
    try {
      expect(await begunByHint(fixture.url, cwd)).toBe(2);
      // A client that nobody closes, and its hints, keep no process alive.
      const { code } = await runNode(
        `const { createClient } = await import(dist + 'index.js');
         await createClient({ store: ${JSON.stringify(fixture.url)} }).enqueue('hello');`,
      );
      expect(code).toBe(0);
    } finally {
      await fixture.close();
    }
  });

  test('on mysql', async () => {
    const cwd = await createInstalled(files);
    const database = await openMysqlDatabase();
    try {
      expect(await begunByHint(database.url, cwd)).toBe(2);
      const { code } = await runNode(
        `const { createClient } = await import(dist + 'index.js');
         await createClient({ store: ${JSON.stringify(database.url)} }).enqueue('hello');`,
      );
      expect(code).toBe(0);
    } finally {
      await database.close();
    }
  });
});
