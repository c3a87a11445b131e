import { openServices } from '../../scripts/services.mjs';

/**
 * Starts the real servers once for all projects that need them; a TEST_…_URL that is already set is used as it is.
 *
 * A server that cannot be had fails the tests that ask for it (`postgresUrl()`), not the others.
 */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env['TEST_SERVERS'] !== undefined) return undefined;
  const given = process.env['TEST_POSTGRES_URL'] !== undefined;
  const { env, missing, close } = await openServices();
  // Workers inherit the environment of this process, and the next project's setup sees it.
  Object.assign(process.env, env, { TEST_SERVERS: JSON.stringify({ missing, given }) });
  return close;
}
