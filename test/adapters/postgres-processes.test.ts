import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { openPostgresFixture } from '../support/postgres-fixture.ts';
import { postgresUrl } from '../support/servers.ts';

const processes = 20;
const runsEach = 50;

/** Migrates, submits, and does not close: a client that somebody forgot must not keep its process alive. */
const script = `
import { openPostgresStore } from ${JSON.stringify(pathToFileURL('dist/adapters/postgres/index.js').href)};
import { newId, newTraceId } from ${JSON.stringify(pathToFileURL('dist/std/id.js').href)};
import { whileBusy } from ${JSON.stringify(pathToFileURL('dist/testing/store-contract/harness/harness.js').href)};
const store = await openPostgresStore({ url: process.env.STORE_URL, schema: process.env.STORE_SCHEMA });
const { from } = await store.migrate();
const submit = async (_, n) => {
  const id = newId();
  const run = {
    id, key: 'key ' + n, job: 'work', queue: 'default', trigger: 'cli', priority: 0, input: null, digest: null, args: [],
    request: null, dueAt: null, delayMs: 0, timeoutMs: null, deadlineMs: null, maxCrashes: 3, callbacks: 'none', traceId: newTraceId(),
    parent: null, root: id, schedule: null, scheduledAt: null, holder: null, claim: 0,
  };
  const [{ verdict }] = await whileBusy(() => store.submit([run]));
  return verdict;
};
const verdicts = await Promise.all(Array.from({ length: ${runsEach} }, submit));
console.log(JSON.stringify({ from, id: store.facts.id, verdicts }));
`;

test('twenty processes start at once on a fresh database: one makes the schema, each key is created once', async () => {
  const fixture = await openPostgresFixture();
  try {
    const answers = await Promise.all(Array.from({ length: processes }, () => start(fixture.schema)));
    const failed = answers.filter(({ code, stderr }) => code !== 0 || stderr !== '');
    expect(failed, failed.map(({ code, stderr }) => `${code}: ${stderr}`).join('\n')).toEqual([]);
    const said = answers.map(({ stdout }) => JSON.parse(stdout) as { from: number; id: string; verdicts: string[] });
    expect(said.filter(({ from }) => from === 0)).toHaveLength(1);
    expect(new Set(said.map(({ id }) => id)).size).toBe(1);
    const verdicts = said.flatMap(({ verdicts }) => verdicts);
    expect(verdicts.filter((verdict) => verdict === 'created')).toHaveLength(runsEach);
    expect(verdicts.filter((verdict) => verdict === 'existing')).toHaveLength((processes - 1) * runsEach);
  } finally {
    await fixture.close();
  }
}, 300_000);

async function start(schema: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, STORE_URL: postgresUrl(), STORE_SCHEMA: schema },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  await once(child, 'close');
  return { code: child.exitCode, stdout, stderr };
}
