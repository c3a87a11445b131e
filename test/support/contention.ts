import { expect } from 'vitest';
import type { Claim } from '../../src/ports/store-claim.ts';
import type { Fixture } from '../../src/testing/index.ts';
import { whileBusy } from '../../src/testing/store-contract/harness/harness.ts';
import { RandomCalls } from './random-calls.ts';

/** How the tables of a ground are asked. */
export interface Tables {
  /** Rows of a question in SQL. */
  query(question: string): Promise<unknown[]>;
  /** The name of a table in SQL. */
  table(name: string): string;
  /** Of a live row: somebody holds it. */
  readonly isHeld: string;
}

/** Nine streams of random calls on three handles; then the tables must hold no contradiction. */
export async function contend(fixture: Fixture, { query, table, isHeld }: Tables): Promise<void> {
  const stores = [fixture.store, await fixture.second(), await fixture.second()];
  const calls = new RandomCalls(7, { calledBack: true });
  const refused: unknown[] = [];
  const stream = async (n: number) => {
    for (let made = 0; made < 250; made++) {
      const { says, make } = calls.next();
      try {
        const answer = await whileBusy(() => make(stores[n % stores.length]!));
        if (isClaimed(answer)) calls.learn(answer.claims, answer.worker);
      } catch (error) {
        refused.push({ says, error });
      }
    }
  };
  await Promise.all(Array.from({ length: 9 }, (_, n) => stream(n)));
  expect(refused).toEqual([]);
  for (const [says, question] of Object.entries(contradictions(table, isHeld))) {
    expect(await query(question), says).toEqual([]);
  }
}

function isClaimed(answer: unknown): answer is { claims: Claim[]; worker: string } {
  return typeof answer === 'object' && answer !== null && 'claims' in answer;
}

/** What must hold in the tables whatever was called, and who breaks it. */
const contradictions = (table: (name: string) => string, isHeld: string): Record<string, string> => ({
  'a run is live or has ended, never both or neither': `
    select r.id from ${table('runs')} r
    where (select count(*) from ${table('live')} l where l.run = r.id)
      + (select count(*) from ${table('outcomes')} o where o.run = r.id) <> 1`,
  'nothing is left of runs that are gone': `
    select run from (
      select run from ${table('live')} union all select run from ${table('outcomes')} union all
      select run from ${table('steps')} union all select run from ${table('mailbox')} union all
      select run from ${table('keys')} union all select run from ${table('output')}
    ) x where run not in (select id from ${table('runs')})`,
  'a run is running if and only if a worker holds it': `
    select run from ${table('live')} where (state = 'running') <> (${isHeld})`,
  'no evicted worker holds a run': `
    select run from ${table('live')} where ${isHeld} and worker not in (select id from ${table('workers')} where evicted_at is null)`,
  'a run that is queued is due at some instant': `
    select run from ${table('live')} where state = 'queued' and due_at is null`,
  'the mailbox number counts the mailbox items, without a hole': `
    select l.run from ${table('live')} l
    left join ${table('mailbox')} m on m.run = l.run group by l.run, l.mailbox_seq
    having count(m.n) <> l.mailbox_seq or coalesce(max(m.n), 0) <> l.mailbox_seq`,
  'output has no hole': `
    select run from ${table('output')} group by run having max(seq) <> count(*)`,
});
