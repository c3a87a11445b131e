import { describe, expect, test } from 'vitest';
import { storeContract } from '../../src/testing/index.ts';
import { openMysqlFixture } from '../support/mysql-fixture.ts';

/** What is about migrations needs a database without a schema. */
const isUsed = () => !/> migrate >/.test(expect.getState().currentTestName ?? '');

storeContract({ test, describe, expect, name: 'mysql', open: () => openMysqlFixture({ isUsed: isUsed() }) });
