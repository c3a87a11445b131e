import type { TestProject } from 'vitest/node';
import { openServices, serverVariables } from '../../scripts/services.mjs';
import { serversOf } from './servers-of.ts';

/**
 * Starts the real servers that the files of this run need, once for all projects; a TEST_…_URL that is already set is
 * used as it is.
 *
 * A server that cannot be had fails the tests that ask for it, not the others; with TEST_SKIP_MISSING=1 those tests are
 * skipped, and counted as skipped.
 */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (process.env['TEST_SERVERS'] !== undefined) return undefined;
  // What the person wrote behind `vitest run`; vitest has no public name for it.
  const { filenamePattern } = project.vitest as unknown as { filenamePattern?: string[] };
  const files = await project.vitest.globTestSpecifications(filenamePattern);
  const needed = await serversOf(
    files.filter(({ project: { name } }) => name !== 'unit').map(({ moduleId }) => moduleId),
    [...serverVariables.keys()],
  );
  const given = [...serverVariables].filter(([, variable]) => process.env[variable]).map(([name]) => name);
  const { env, missing, close } = await openServices(needed);
  const skip = process.env['TEST_SKIP_MISSING'] === '1';
  if (skip) for (const sentence of Object.values(missing)) console.warn(`skipped: ${sentence}`);
  // Workers inherit the environment of this process, and the next project's setup sees it.
  Object.assign(process.env, env, { TEST_SERVERS: JSON.stringify({ missing, given, skip }) });
  return close;
}
