import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Connection } from '../../src/adapters/sqlite/file/connection.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import type { Store } from '../../src/ports/store.ts';
import { openFolder } from '../support/folder.ts';
import { openMysqlFixture } from '../support/mysql-fixture.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';

test('a file of SQLite that was made by unreleased code is refused, and the hint names the file', async () => {
  const path = join(await openFolder(), 'onejob.db');
  const store = await openSqliteStore({ path });
  onTestFinished(() => store.close());
  await store.migrate();
  const db = new Connection(path);
  db.exec(`delete from meta where name = 'layout'`);
  await expectRefusal(store, { store: `sqlite:${path}`, anew: `delete ${path} ` });
  db.exec(`insert into meta (name, value) values ('layout', '1')`);
  db.close();
  await expectRefusal(store, { store: `sqlite:${path}`, anew: `delete ${path} ` });
});

test('a schema of PostgreSQL that was made by unreleased code is refused, and the hint names the schema', async () => {
  const { store, schema, admin, close } = await openPostgresFixture();
  onTestFinished(close);
  await store.migrate();
  await admin.query(`update ${schema}.meta set layout = 1`);
  await expectRefusal(store, { store: store.facts.url, anew: `drop schema "${schema}" cascade` });
  await admin.query(`alter table ${schema}.meta drop column layout`);
  await expectRefusal(store, { store: store.facts.url, anew: `drop schema "${schema}" cascade` });
});

test('tables of MySQL that were made by unreleased code are refused, and the hint names their prefix', async () => {
  const { store, admin, close } = await openMysqlFixture();
  onTestFinished(close);
  await store.migrate();
  await admin.query('update onejob_meta set layout = 1');
  await expectRefusal(store, { store: store.facts.url, anew: 'that begin with onejob_' });
  await admin.query('alter table onejob_meta drop column layout');
  await expectRefusal(store, { store: store.facts.url, anew: 'that begin with onejob_' });
});

async function expectRefusal(opened: Store, { store, anew }: { store: string; anew: string }): Promise<void> {
  for (const dryRun of [true, false]) {
    await expect(opened.migrate({ dryRun })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `the store ${store} was made by an unreleased version of onejob and has to be made anew`,
      hint: expect.stringContaining(anew) as string,
    });
  }
}
