import { describeEquivalence } from '../support/equivalence.ts';
import { openPostgresFixture } from '../support/postgres-fixture.ts';

describeEquivalence('PostgreSQL', () => openPostgresFixture({ isUsed: true }));
