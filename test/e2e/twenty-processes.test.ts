import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createClient } from '../../src/index.ts';
import { runNode } from '../support/node-process.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';
import { createProject } from '../support/project.ts';
import { openMysqlDatabase } from '../support/servers.ts';

const processes = 20;
const runsEach = 50;

/** Executes its runs at once, half of them with steps, and says what each returned. */
const program = (store: string) => `
  const { createApp, defineJob } = await import(dist + 'index.js');
  const plain = defineJob({ name: 'plain', run: ({ input, log }) => { log.info('here'); return input; } });
  const steps = defineJob({ name: 'steps', async run({ input, step }) {
    const half = await step('half', () => input / 2);
    return step('twice', () => half * 2);
  } });
  const app = createApp({ store: ${JSON.stringify(store)}, jobs: [plain, steps], log: { level: 'warn' } });
  const requests = Array.from({ length: ${runsEach} }, (_, input) => ({ job: input % 2 ? 'steps' : 'plain', input, trigger: 'api' }));
  const runs = await app.execute(requests);
  console.log(JSON.stringify(runs.map(({ state, output }) => state + ' ' + output)));
  await app.stop();`;

async function crowd(store: string): Promise<void> {
  const ended = await Promise.all(Array.from({ length: processes }, () => runNode(program(store))));
  const expected = Array.from({ length: runsEach }, (_, input) => `succeeded ${input}`);
  for (const { code, stdout, stderr } of ended) {
    expect({ code, said: saidIn(stderr) }).toEqual({ code: 0, said: [] });
    expect(JSON.parse(stdout)).toEqual(expected);
  }
  const client = createClient({ store });
  try {
    const { items, next } = await client.list({ limit: 10_000 });
    expect({ runs: items.length, next }).toEqual({ runs: processes * runsEach, next: null });
    expect(new Set(items.map(({ state }) => state))).toEqual(new Set(['succeeded']));
    expect(await client.workers()).toEqual([]);
  } finally {
    await client.close();
  }
}

/** Without that the server let it wait for a while, as a busy one does: what it had to say was kept. */
function saidIn(stderr: string): string[] {
  const waited = /"the store (does not answer; what runs recorded is kept and sent again|answers again)"/;
  return stderr.split('\n').filter((line) => line !== '' && !waited.test(line));
}

describe('twenty processes of fifty runs each at once, on a store that none has made yet', () => {
  test('lose nothing on sqlite', async () => {
    const folder = await createProject({});
    await crowd(`sqlite:${join(folder, 'onejob.db')}`);
  });

  test('lose nothing on postgres', async () => {
    const fixture = await openPostgresFixture();
    try {
      await crowd(fixture.url);
    } finally {
      await fixture.close();
    }
  });

  test('lose nothing on mysql', async () => {
    const database = await openMysqlDatabase();
    try {
      await crowd(database.url);
    } finally {
      await database.close();
    }
  });
});
