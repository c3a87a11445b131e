import { describe, expect, test } from 'vitest';
import { storeContract } from '../../src/testing/index.ts';
import { openPostgresGround } from '../support/postgres-ground.ts';
import { pgbouncerUrl } from '../support/servers.ts';

// In transaction mode no session outlives a transaction: all that the store asks must stand in one message.
storeContract({ test, describe, expect, name: 'pgbouncer', open: () => openPostgresGround(pgbouncerUrl()) });
