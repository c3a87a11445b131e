import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { storeContract } from '../../src/testing/index.ts';
import { openFolder } from '../support/folder.ts';
import { countOccurrences, readRanges } from '../support/sqlite-ranges.ts';

storeContract({ test, describe, expect, name: 'sqlite', open: () => openFileFixture() });
storeContract({ test, describe, expect, name: 'sqlite-brief', open: () => openFileFixture({ isBrief: true }) });
storeContract({ test, describe, expect, name: 'memory', open: openMemoryFixture });

async function openFileFixture(options: { isBrief?: boolean } = {}) {
  const path = join(await openFolder(), 'onejob.db');
  const store = await openSqliteStore({ path, ...options });
  const stores = [store];
  return {
    store,
    async second() {
      const another = await openSqliteStore({ path, ...options });
      stores.push(another);
      return another;
    },
    ranges: (schedule: string) => readRanges(path, schedule),
    occurrences: (schedule: string) => countOccurrences(path, schedule),
    async close() {
      await Promise.all(stores.map((one) => one.close()));
    },
  };
}

async function openMemoryFixture() {
  let now = Date.UTC(2026, 0, 1);
  const store = await openSqliteStore({ path: ':memory:', clock: { now: () => now } });
  return {
    store,
    second: async () => store,
    advance: (ms: number) => {
      now += ms;
    },
    close: () => store.close(),
  };
}
