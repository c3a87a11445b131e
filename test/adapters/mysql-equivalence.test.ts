import { describeEquivalence } from '../support/equivalence.ts';
import { openMysqlFixture } from '../support/mysql-fixture.ts';

describeEquivalence('MySQL', () => openMysqlFixture({ isUsed: true }));
