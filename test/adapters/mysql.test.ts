import { describe, expect, test } from 'vitest';
import { storeContract } from '../../src/testing/index.ts';
import { openMysqlGround } from '../support/mysql-ground.ts';

storeContract({ test, describe, expect, name: 'mysql', open: openMysqlGround });
