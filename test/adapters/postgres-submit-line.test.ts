import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openPostgresStore } from '../../src/adapters/postgres/index.ts';
import type { Store } from '../../src/ports/store.ts';
import { termsOf } from '../../src/testing/store-contract/builders.ts';
import { openPostgresGround } from '../support/postgres-ground.ts';
import { postgresUrl } from '../support/servers.ts';
import { anEnrolment, aRun } from '../support/store-values.ts';
import { describeSubmitWithClaim, type NotedGround } from '../support/submit-with-claim.ts';

async function openNoted(): Promise<NotedGround & { schema: string }> {
  const { schema, close } = await openPostgresGround();
  const pool = new pg.Pool({ connectionString: postgresUrl() });
  const messages: string[] = [];
  let loses = false;
  const noted = {
    async query(question: { text: string }) {
      messages.push(question.text);
      const isLost = loses;
      loses = false;
      const answer = await pool.query(question as pg.QueryConfig);
      if (isLost) throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
      return answer;
    },
    end: async () => undefined,
  };
  return {
    schema,
    store: await openPostgresStore({ pool: noted, schema }),
    messages,
    loseNext: () => (loses = true),
    async close() {
      await pool.end();
      await close();
    },
  };
}

describeSubmitWithClaim('postgres', openNoted);

let ground: Awaited<ReturnType<typeof openNoted>>;
let store: Store;
let messages: string[];
const worker = anEnrolment({ jobs: ['work'] });
const request = (free: number) => ({ worker: worker.id, jobs: [termsOf('work')], free, turn: 0 });

beforeEach(async () => {
  ground = await openNoted();
  ({ store, messages } = ground);
  await store.migrate();
  await store.enrol(worker);
  await store.claim(request(1)); // from now on it is a process that claims
  messages.length = 0;
});

afterEach(() => ground.close());

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
  expect(messages.filter((text) => text.includes('create_in_turn_v1'))).toHaveLength(6);
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
