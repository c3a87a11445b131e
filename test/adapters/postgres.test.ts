import { describe, expect, test } from 'vitest';
import { storeContract } from '../../src/testing/index.ts';
import { openPostgresGround } from '../support/postgres-ground.ts';

storeContract({ test, describe, expect, name: 'postgres', open: () => openPostgresGround() });
