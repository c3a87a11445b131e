import { describeEquivalence } from '../support/equivalence.ts';
import { openMysqlGround } from '../support/mysql-ground.ts';

describeEquivalence('MySQL', () => openMysqlGround({ isUsed: true }));
