import { describe, expect, test } from 'vitest';
import { storeContract } from '../../src/testing/index.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';

/** What is about migrations needs a place without a schema. */
const isUsed = () => !/> migrate >/.test(expect.getState().currentTestName ?? '');

storeContract({ test, describe, expect, name: 'postgres', open: () => openPostgresFixture({ isUsed: isUsed() }) });
