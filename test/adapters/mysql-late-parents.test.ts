import mysql from 'mysql2/promise';
import { expect, test } from 'vitest';
import {
  childOf,
  ended,
  registration,
  failed,
  newRun,
  stepDone,
} from '../../src/testing/store-contract/harness/builders.ts';
import { openMysqlFixture } from '../support/mysql-fixture.ts';
import { awaitedLock } from '../support/mysql-waits.ts';
import { until } from '../support/until.ts';

test('a child that ends while its parent comes to life again tells it, behind an event that comes in that moment', async () => {
  const { store, url, database, admin, close } = await openMysqlFixture({ isUsed: true });
  const begun: mysql.Connection[] = [];
  const begin = async () => {
    const tx = await mysql.createConnection(url);
    begun.push(tx);
    await tx.query('set session transaction isolation level read committed');
    await tx.query('start transaction');
    return tx;
  };
  const awaited = () => awaitedLock(admin, database);
  try {
    await store.migrate();
    const worker = registration();
    await store.registerWorker(worker);
    const parent = newRun({ holder: worker.id });
    const child = childOf({ run: parent.id, root: parent.id }, { holder: worker.id });
    await store.submit([parent, child]);
    const hold = { run: child.id, epoch: 1 };
    await store.record({ worker: worker.id, entries: [failed({ run: parent.id, epoch: 1 })] });

    // A retry has locked the child, which therefore has found no parent, and waits, when it is brought to life.
    const retry = await begin();
    await retry.query('call onejob_lock_runs(json_array(?), json_array(?), 1)', [parent.id, parent.id]);
    const gate = await begin();
    await gate.query(
      `insert into onejob_steps (run, step, n, kind, state, epoch, tries, first_seq, started_at)
       values (?, 'gate', 0, 'step', 'running', 1, 1, 0, 0)`,
      [child.id],
    );
    const recorded = store.record({ worker: worker.id, entries: [stepDone(hold, 'gate'), ended(hold)] });
    await until('the end of the child waits for its row', awaited);
    await retry.query('call onejob_revive(?, 0, 0, 0)', [parent.id]);
    await retry.commit();
    const event = await begin();
    await event.query('select run from onejob_live where run = ? for update', [parent.id]);
    await event.query(`call onejob_post(?, 'event', 'x', null, 'ann', null, 0)`, [parent.id]);
    await gate.rollback();
    await until('the end of the child waits for the event', awaited);
    await event.commit();

    expect(await recorded).toEqual(['ok', 'ok']);
    const [items] = await admin.query(
      `select l.mailbox_seq, m.n, m.kind, m.name from onejob_live l join onejob_mailbox m on m.run = l.run
       where l.run = ? and m.kind <> 'cancel' order by m.n`,
      [parent.id],
    );
    expect(items).toEqual([
      { mailbox_seq: 2, n: 1, kind: 'event', name: 'x' },
      { mailbox_seq: 2, n: 2, kind: 'child', name: child.id },
    ]);
  } finally {
    await Promise.all(begun.map((tx) => tx.end()));
    await close();
  }
});
