import { describeEquivalence } from '../support/equivalence.ts';
import { openPostgresGround } from '../support/postgres-ground.ts';

describeEquivalence('PostgreSQL', () => openPostgresGround({ isUsed: true }));
