import mysql from 'mysql2/promise';
import pg from 'pg';
import { expect, test } from 'vitest';
import type { Store } from '../../src/ports/store.ts';
import { cancelOf, childOf, eventTo, newRun } from '../../src/testing/store-contract/harness/builders.ts';
import { openMysqlFixture } from '../support/mysql-fixture.ts';
import { awaitedLock } from '../support/mysql-waits.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';
import { until } from '../support/until.ts';

type Action = (sql: string) => Promise<unknown[]>;

interface Place {
  readonly store: Store;
  /** Before the names of tables. */
  readonly prefix: string;
  /** The lock that a call of the store waits for. */
  awaited(): Promise<string | undefined>;
  /** Work in a transaction that stays open; answers how to end it. */
  hold(work: (query: Action) => Promise<unknown>): Promise<(end: 'commit' | 'rollback') => Promise<unknown>>;
  readonly query: Action;
  close(): Promise<void>;
}

const places: Readonly<Record<string, () => Promise<Place>>> = {
  async postgres() {
    const { store, url, admin, schema, close } = await openPostgresFixture({ isUsed: true });
    const begun: pg.Client[] = [];
    const connect = async () => {
      const tx = new pg.Client({ connectionString: url });
      begun.push(tx);
      await tx.connect();
      return async (sql: string): Promise<unknown[]> => (await tx.query<pg.QueryResultRow>(sql)).rows;
    };
    return {
      store,
      prefix: `"${schema}".`,
      awaited: async () => {
        const sql = `select l.transactionid::text lock from pg_locks l join pg_stat_activity a using (pid)
          where not l.granted and l.transactionid is not null and a.query like '%${schema}%'`;
        return (await admin.query<{ lock: string }>(sql)).rows[0]?.lock;
      },
      hold: async (work) => held(await connect(), 'begin', work),
      query: await connect(),
      close: async () => {
        await Promise.all(begun.map((tx) => tx.end()));
        await close();
      },
    };
  },
  async mysql() {
    const { store, url, database, admin, close } = await openMysqlFixture({ isUsed: true });
    const begun: mysql.Connection[] = [];
    const connect = async () => {
      const tx = await mysql.createConnection(url);
      begun.push(tx);
      return async (sql: string) => (await tx.query(sql))[0] as unknown[];
    };
    return {
      store,
      prefix: 'onejob_',
      awaited: () => awaitedLock(admin, database),
      hold: async (work) => held(await connect(), 'start transaction', work),
      query: await connect(),
      close: async () => {
        await Promise.all(begun.map((tx) => tx.end()));
        await close();
      },
    };
  },
};

async function held(query: Action, begin: string, work: (query: Action) => Promise<unknown>) {
  await query(begin);
  await work(query);
  return (end: 'commit' | 'rollback') => query(end);
}

test.each(Object.keys(places))(
  'a child that is born and claimed while its parent is being cancelled gets a mailbox item, on %s',
  async (name) => {
    const { store, prefix, awaited, hold, query, close } = await (places[name] as () => Promise<Place>)();
    try {
      await store.migrate();
      const [other, parent] = [newRun(), newRun()];
      const child = childOf({ run: parent.id, root: parent.id });
      await store.submit([other, parent]);
      // The call has locked all that it knows of, and waits for whoever puts down the same action.
      const open = await hold((tx) =>
        tx(`insert into ${prefix}actions (run, id, kind, verdict, actor, at)
            values ('${other.id}', 'gate', 'event', 'pending', 'ann', 0)`),
      );
      const asked = store.act([eventTo(other.id, 'x', null, { id: 'gate' }), cancelOf(parent.id)]);
      const gate = await until('the action waits', awaited);
      await store.submit([child]);
      const claim = await hold((tx) =>
        tx(
          `update ${prefix}live set state = 'running', worker = 'w', epoch = 1, claimed_at = 0 where run = '${child.id}'`,
        ),
      );
      await open('rollback');
      await until('the action waits for the claim', async () => {
        const lock = await awaited();
        return lock !== undefined && lock !== gate;
      });
      await claim('commit');
      expect(await asked).toMatchObject([{ verdict: 'pending' }, { verdict: 'done', state: 'cancelled' }]);
      expect(
        await query(`select l.state, l.mailbox_seq, m.n, m.kind from ${prefix}live l
                   left join ${prefix}mailbox m on m.run = l.run where l.run = '${child.id}'`),
      ).toEqual([{ state: 'running', mailbox_seq: 1, n: 1, kind: 'cancel' }]);
    } finally {
      await close();
    }
  },
);
