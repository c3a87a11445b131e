import { build } from '../../scripts/build.mjs';

/** Runs once before any test of any project. */
export async function setup(): Promise<void> {
  await build();
}
