import { expect, test } from 'vitest';
import { openMysqlFixture } from '../support/mysql-fixture.ts';
import { runNode } from '../support/node-process.ts';

const processes = 20;
const runsEach = 50;

/** Migrates, submits, and does not close: a client that somebody forgot must not keep its process alive. */
const script = (url: string) => `
const { openMysqlStore } = await import(dist + 'adapters/mysql/index.js');
const { newId, newTraceId } = await import(dist + 'std/id.js');
const { whileBusy } = await import(dist + 'testing/store-contract/harness/harness.js');
const store = await openMysqlStore({ url: ${JSON.stringify(url)} });
const { from } = await store.migrate();
const submit = async (_, n) => {
  const id = newId();
  const run = {
    id, key: 'key ' + n, job: 'work', queue: 'default', trigger: 'cli', priority: 0, input: null, digest: null, args: [],
    request: null, dueAt: null, delayMs: 0, timeoutMs: null, deadlineMs: null, maxCrashes: 3, callbacks: 'none',
    traceId: newTraceId(), parent: null, root: id, schedule: null, scheduledAt: null, holder: null, claim: 0,
  };
  const [{ verdict }] = await whileBusy(() => store.submit([run]));
  return verdict;
};
const verdicts = await Promise.all(Array.from({ length: ${runsEach} }, submit));
console.log(JSON.stringify({ from, id: store.facts.id, verdicts }));
`;

test('twenty processes start at once on a fresh database: one makes the schema, each key is created once', async () => {
  const fixture = await openMysqlFixture();
  try {
    const answers = await Promise.all(Array.from({ length: processes }, () => runNode(script(fixture.url))));
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
}, 120_000);
