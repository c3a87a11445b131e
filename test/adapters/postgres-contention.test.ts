import { expect, test } from 'vitest';
import type { Claim } from '../../src/ports/store-claim.ts';
import { openPostgresGround } from '../support/postgres-ground.ts';
import { RandomCalls } from '../support/random-calls.ts';

/** What must hold in the tables whatever was called, and who breaks it. */
const contradictions = (schema: string): Record<string, string> => ({
  'a run is live or has ended, never both or neither': `
    select r.id from ${schema}.runs r
    where (select count(*) from ${schema}.live l where l.run = r.id)
      + (select count(*) from ${schema}.outcomes o where o.run = r.id) <> 1`,
  'nothing is left of runs that are gone': `
    select run from (
      select run from ${schema}.live union all select run from ${schema}.outcomes union all
      select run from ${schema}.steps union all select run from ${schema}.letters union all
      select run from ${schema}.keys union all select run from ${schema}.output
    ) x where run not in (select id from ${schema}.runs)`,
  'a run is running if and only if a worker holds it': `
    select run from ${schema}.live where (state = 'running') <> (worker is not null)`,
  'no buried worker holds a run': `
    select run from ${schema}.live where worker not in (select id from ${schema}.workers where buried_at is null)`,
  'a run that is queued is due at some instant': `
    select run from ${schema}.live where state = 'queued' and due_at is null`,
  'mail counts the letters, without a hole': `
    select l.run from ${schema}.live l
    left join ${schema}.letters m on m.run = l.run group by l.run, l.mail
    having count(m.n) <> l.mail or coalesce(max(m.n), 0) <> l.mail`,
  'output has no hole': `
    select run from ${schema}.output group by run having max(seq) <> count(*)`,
});

test('calls that get in each other’s way all find an end, and leave no contradiction behind', async () => {
  const ground = await openPostgresGround();
  try {
    await ground.store.migrate();
    const stores = [ground.store, await ground.second(), await ground.second()];
    const calls = new RandomCalls(7, { calledBack: true });
    const refused: unknown[] = [];
    const stream = async (n: number) => {
      for (let made = 0; made < 250; made++) {
        const { says, make } = calls.next();
        try {
          const answer = await make(stores[n % stores.length]!);
          if (isClaimed(answer)) calls.learn(answer.claims, answer.worker);
        } catch (error) {
          refused.push({ says, error });
        }
      }
    };
    await Promise.all(Array.from({ length: 9 }, (_, n) => stream(n)));
    expect(refused).toEqual([]);
    const { schema, admin } = ground;
    for (const [says, question] of Object.entries(contradictions(schema))) {
      expect((await admin.query(question)).rows, says).toEqual([]);
    }
  } finally {
    await ground.close();
  }
}, 60_000);

function isClaimed(answer: unknown): answer is { claims: Claim[]; worker: string } {
  return typeof answer === 'object' && answer !== null && 'claims' in answer;
}
