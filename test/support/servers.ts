import { randomBytes } from 'node:crypto';

/**
 * The PostgreSQL of this test run; give each test file a schema of its own, named by `uniqueName`.
 *
 * @throws {Error} why there is none: a missing server fails its tests, it never skips them
 */
export function postgresUrl(): string {
  return urlOf('TEST_POSTGRES_URL');
}

/** A name that no other test uses, fit for a schema, a prefix or a folder: `order_9f2c41d07ab3`. */
export function uniqueName(stem: string): string {
  return `${stem}_${randomBytes(6).toString('hex')}`;
}

function urlOf(variable: string): string {
  const url = process.env[variable];
  if (url !== undefined && url !== '') return url;
  const { missing } = JSON.parse(process.env['TEST_SERVERS'] ?? '{"missing":{}}') as {
    missing: Record<string, string>;
  };
  throw new Error(
    missing[variable] ?? `${variable} is not set: run this file in the project adapters or e2e of vitest`,
  );
}
