import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openPostgresStore } from '../../src/adapters/postgres/index.ts';
import { defineJob } from '../../src/job/define.ts';
import type { Store } from '../../src/ports/store.ts';
import { termsOf } from '../../src/testing/store-contract/harness/builders.ts';
import { heldBy } from '../../src/testing/store-contract/harness/harness.ts';
import { openApp } from '../support/apps.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';
import { postgresUrl } from '../support/servers.ts';
import { aRegistration, aRun } from '../support/store-values.ts';
import { until } from '../support/until.ts';

let fixture: Awaited<ReturnType<typeof openPostgresFixture>>;
let pool: pg.Pool;
/** On `pool`, whose messages are noted. */
let store: Store;
let messages: string[];
const worker = aRegistration({ jobs: ['work'] });
let number = 0;
const request = (free: number) => ({ worker: worker.id, number: ++number, jobs: [termsOf('work')], free, turn: 0 });

beforeEach(async () => {
  fixture = await openPostgresFixture();
  pool = new pg.Pool({ connectionString: postgresUrl() });
  messages = [];
  const noted = {
    query: (question: { text: string }) => {
      messages.push(question.text);
      return pool.query(question as pg.QueryConfig);
    },
    end: async () => undefined,
  };
  store = await openPostgresStore({ pool: noted, schema: fixture.schema });
  await store.migrate();
  await store.registerWorker(worker);
  await store.claim(request(1)); // from now on it is a process that claims
  messages.length = 0;
});

afterEach(async () => {
  await pool.end();
  await fixture.close();
});

test('a claim of the same turn travels with a submit, and what it gets is answered as running', async () => {
  const [first, second] = [aRun(), aRun()];
  const [submitted, claimed] = await Promise.all([store.submit([first, second]), store.claim(request(1))]);
  expect(messages).toHaveLength(1);
  expect(claimed.claims).toMatchObject([{ run: first.id, epoch: 1 }]);
  expect(submitted).toMatchObject([
    { verdict: 'created', run: { id: first.id, state: 'running' } },
    { verdict: 'created', run: { id: second.id, state: 'queued' } },
  ]);
  expect(await store.get([first.id, second.id])).toMatchObject([{ state: 'running' }, { state: 'queued' }]);
});

test('what nothing lies before is born held, with all that a claim says of it', async () => {
  const later = aRun({ delayMs: 60_000 });
  await store.submit([later]);
  const [first, second] = [
    aRun({ priority: 1, timeoutMs: 5_000, deadlineMs: 9_000 }),
    aRun({ priority: 2, args: ['a'] }),
  ];
  const [submitted, claimed] = await Promise.all([store.submit([first, second]), store.claim(request(3))]);
  expect(submitted).toMatchObject([{ run: { state: 'running' } }, { run: { state: 'running' } }]);
  const [held, high] = await store.get([first.id, second.id]);
  expect(high).toMatchObject({ state: 'running', epoch: 1, attempt: 1, startedAt: claimed.now, dueAt: claimed.now });
  expect(claimed).toMatchObject({
    nextDueAt: (await store.get([later.id]))[0]?.dueAt,
    claims: [
      { run: second.id, epoch: 1, args: ['a'], createdAt: high?.createdAt },
      { run: first.id, epoch: 1, timeoutMs: 5_000, deadlineAt: (held?.dueAt ?? 0) + 9_000 },
    ],
  });
  expect(await heldBy(store, worker.id)).toHaveLength(2);
});

test.each([
  ['a run that is due before it', async () => void (await store.submit([aRun()]))],
  [
    'a run of higher priority in another queue',
    async () => void (await store.submit([aRun({ queue: 'b', priority: 1 })])),
  ],
])('%s is claimed first', async (_, before) => {
  await before();
  const run = aRun();
  const [submitted, { claims }] = await Promise.all([store.submit([run]), store.claim(request(1))]);
  expect(claims).toHaveLength(1);
  expect(claims[0]?.run).not.toBe(run.id);
  expect(submitted).toMatchObject([{ verdict: 'created', run: { state: 'queued' } }]);
});

test('of runs born held, one whose key is there already is not taken', async () => {
  const there = aRun({ key: 'a', delayMs: 60_000 });
  await store.submit([there]);
  const runs = [aRun({ key: 'a' }), aRun({ key: 'b' })] as const;
  const [submitted, { claims }] = await Promise.all([store.submit(runs), store.claim(request(5))]);
  expect(submitted).toMatchObject([
    { verdict: 'existing', run: { id: there.id, state: 'queued' } },
    { verdict: 'created', run: { id: runs[1].id, state: 'running' } },
  ]);
  expect(claims.map(({ run }) => run)).toEqual([runs[1].id]);
});

test('a run that names its holder is held by it, and not what the claim beside it gets', async () => {
  const [own, others] = [aRun({ holder: worker.id }), aRun()];
  const [submitted, { claims }] = await Promise.all([store.submit([own, others]), store.claim(request(5))]);
  expect(messages).toHaveLength(1);
  expect(submitted).toMatchObject([{ run: { id: own.id, state: 'running' } }, { run: { state: 'running' } }]);
  expect(claims.map(({ run }) => run)).toEqual([others.id]);
  expect(await store.get([own.id])).toMatchObject([{ state: 'running', epoch: 1 }]);
});

test('nothing is born held by a worker that is evicted', async () => {
  const [{ id, heartbeat } = { id: '', heartbeat: 0 }] = await store.workers();
  await store.evict([{ id, seenHeartbeat: heartbeat, counted: true }]);
  const [submitted, { claims }] = await Promise.all([store.submit([aRun()]), store.claim(request(5))]);
  expect(claims).toEqual([]);
  expect(submitted).toMatchObject([{ verdict: 'created', run: { state: 'queued' } }]);
});

test('where the answer to a submit with its claim is lost the submit is made again, and the claim asked for', async () => {
  const run = aRun();
  const losing = {
    query: async (question: { text: string }) => {
      const answer = await pool.query(question as pg.QueryConfig);
      if (!question.text.includes('create_claim') || lost > 0) return answer;
      lost++;
      throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    },
    end: async () => undefined,
  };
  let lost = 0;
  const other = await openPostgresStore({ pool: losing, schema: fixture.schema });
  await other.claim(request(1));
  const number = 800;
  const [submitted, claimed] = await Promise.allSettled([other.submit([run]), other.claim({ ...request(5), number })]);
  expect(lost).toBe(1);
  expect(submitted).toMatchObject({ value: [{ verdict: 'created', run: { id: run.id, state: 'running' } }] });
  expect(claimed).toMatchObject({ reason: { code: 'STORE_UNAVAILABLE' } });
  const { claims } = await other.reclaim({ worker: worker.id, number });
  expect(claims).toMatchObject([{ run: run.id, epoch: 1 }]);
});

test('a pause holds for what is claimed with its submit', async () => {
  const pause = { id: 'ask 1', kind: 'pause', actor: 'ann', reason: null, until: null } as const;
  await store.act([{ ...pause, target: { type: 'job', name: 'work' } }]);
  const [submitted, claimed] = await Promise.all([store.submit([aRun()]), store.claim(request(1))]);
  expect(claimed.claims).toEqual([]);
  expect(submitted).toMatchObject([{ run: { state: 'queued' } }]);
});

test('a submit that repeats another one is answered as that stands, with a claim too', async () => {
  const run = aRun({ key: 'a' });
  await store.submit([run]);
  const [submitted, claimed] = await Promise.all([store.submit([run]), store.claim(request(1))]);
  expect(claimed.claims).toMatchObject([{ run: run.id, key: 'a' }]);
  expect(submitted).toMatchObject([{ verdict: 'created', run: { id: run.id, state: 'running' } }]);
});

test('a submit that the server refuses takes no claim down with it', async () => {
  const due = aRun();
  await store.submit([due]);
  const answers = await Promise.allSettled([
    store.submit([aRun({ priority: 2 ** 40 })]), // no integer of the server
    store.claim(request(1)),
  ]);
  expect(answers).toMatchObject([
    { status: 'rejected', reason: { code: 'VALUE_REJECTED' } },
    { status: 'fulfilled', value: { claims: [{ run: due.id }] } },
  ]);
});

test('runs lie in the line in the order of their submits, also of those under way at once', async () => {
  const groups = Array.from({ length: 5 }, (_, n) => Array.from({ length: n === 0 ? 500 : 5 }, () => aRun()));
  await Promise.all(groups.map((runs) => store.submit(runs)));
  const { claims } = await store.claim(request(1_000));
  expect(claims.map(({ run }) => run)).toEqual(groups.flat().map(({ id }) => id));
});

test('large submits are worked on side by side, and lie in the line in the order of the calls', async () => {
  await store.submit([aRun()]); // tells the time
  const groups = Array.from({ length: 6 }, () => Array.from({ length: 200 }, () => aRun()));
  const answers = await Promise.all(groups.map((runs) => store.submit(runs)));
  expect(answers.flat().every(({ verdict }) => verdict === 'created')).toBe(true);
  expect(messages.filter((text) => text.includes('create_in_sequence_v1'))).toHaveLength(6);
  const { claims } = await store.claim(request(2_000));
  expect(claims.slice(1).map(({ run }) => run)).toEqual(groups.flat().map(({ id }) => id));
});

test('submits with keys or holders go alone, between large ones without', async () => {
  await store.submit([aRun()]);
  const large = () => Array.from({ length: 30 }, () => aRun());
  const keyed = Array.from({ length: 30 }, (_, n) => aRun({ key: `k${n}` }));
  const groups = [large(), keyed, large(), [aRun({ holder: worker.id })], large()];
  const answers = await Promise.all(groups.map((runs) => store.submit(runs)));
  expect(answers.flat().every(({ verdict }) => verdict === 'created')).toBe(true);
  const { claims } = await store.claim(request(1_000));
  expect(claims.slice(1).map(({ run }) => run)).toEqual(
    groups.filter(([first]) => first?.holder === null).flatMap((runs) => runs.map(({ id }) => id)),
  );
});

test('a large submit that is repeated beside the next one has the same answer', async () => {
  await store.submit([aRun()]);
  const [first, second] = [0, 1].map(() => Array.from({ length: 100 }, () => aRun()));
  const answers = await Promise.all([first, second, first].map((runs = []) => store.submit(runs)));
  expect(answers.flat().every(({ verdict }) => verdict === 'created')).toBe(true);
  expect((await store.claim(request(1_000))).claims).toHaveLength(201);
});

test('an idle worker has what its own process asks for with one message', async () => {
  const hello = defineJob({ name: 'hello', run: () => 'hello' });
  const { app } = openApp([hello], { store });
  await app.start();
  // A look that is on its way already makes the next one wait.
  await until('a run started with its submit', async () => {
    const handle = await app.client.enqueue(hello);
    expect(await handle.result({ timeout: '30s' })).toBe('hello');
    return handle.state === 'running';
  });
  await app.stop();
});
