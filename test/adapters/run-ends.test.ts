import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openBackend } from '../../src/app/backend/backend.ts';
import { createApp } from '../../src/program/create-app.ts';
import { openPeerChannel } from '../../src/app/backend/prepare-backend.ts';
import { RunChangeHub } from '../../src/app/backend/run-change-hub.ts';
import { defineJob } from '../../src/job/define.ts';
import { createDeferred } from '../../src/std/deferred.ts';
import { openFolder } from '../support/folder.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';
import { RecordingLog } from '../support/recording-log.ts';
import { openMysqlDatabase } from '../support/servers.ts';

/** Who waits as another process does, and whose clock stands still: no look of his own ever comes. */
async function openWaiter(url: string) {
  const opened = await openBackend(url);
  const read = createDeferred<void>();
  const changeHub: RunChangeHub = new RunChangeHub({
    backend: () => Promise.resolve({ ...opened, ...told, store }),
    clock: new FakeClock(),
    log: () => new RecordingLog(),
  });
  const told = openPeerChannel(opened, changeHub, { listens: false });
  const store = Object.assign(Object.create(told.store) as typeof told.store, {
    async get(refs: readonly string[]) {
      const runs = await opened.store.get(refs);
      read.resolve();
      return runs;
    },
  });
  return {
    ends: changeHub.ends,
    /** It has looked once. */
    hasRead: read.promise,
    close: () => told.close(),
  };
}

async function learnsOfTheEnd(url: string): Promise<void> {
  const gate = createDeferred<void>();
  const job = defineJob({ name: 'gate', run: () => gate.promise });
  const app = createApp({ jobs: [job], store: url, log: { level: 'error' } });
  await app.start();
  const waiter = await openWaiter(url);
  try {
    const { id } = await app.client.enqueue('gate');
    const end = waiter.ends.of(id);
    await waiter.hasRead;
    gate.resolve();
    expect(await end).toMatchObject({ id, state: 'succeeded' });
  } finally {
    await waiter.close();
    await app.stop();
  }
}

describe('a process that waits is told of an end in another one', () => {
  test('on sqlite', async () => {
    await learnsOfTheEnd(`sqlite:${join(await openFolder(), 'onejob.db')}`);
  });

  test('on postgres', async () => {
    const fixture = await openPostgresFixture();
    try {
      await learnsOfTheEnd(fixture.url);
    } finally {
      await fixture.close();
    }
  });

  test('on mysql', async () => {
    const database = await openMysqlDatabase();
    try {
      await learnsOfTheEnd(database.url);
    } finally {
      await database.close();
    }
  });
});
