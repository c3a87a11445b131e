import { describe, expect, test } from 'vitest';
import { storeContract } from '../../src/testing/index.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';
import { pgbouncerUrl } from '../support/servers.ts';

/** What is about migrations needs a place without a schema. */
const isUsed = () => !/> migrate >/.test(expect.getState().currentTestName ?? '');
const open = () => openPostgresFixture({ url: pgbouncerUrl(), isUsed: isUsed() });

// In transaction mode no session outlives a transaction: all that the store asks must stand in one message.
storeContract({ test, describe, expect, name: 'pgbouncer', open });
