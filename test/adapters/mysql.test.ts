import { describe, expect, test } from 'vitest';
import { storeContract } from '../../src/testing/index.ts';
import { openMysqlGround } from '../support/mysql-ground.ts';

/** What is about migrations needs a database without a schema. */
const isUsed = () => !/> migrate >/.test(expect.getState().currentTestName ?? '');

storeContract({ test, describe, expect, name: 'mysql', open: () => openMysqlGround({ isUsed: isUsed() }) });
