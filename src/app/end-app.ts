import type { Callers } from './callers/callers.ts';
import type { Executor } from './executor.ts';
import type { LazyBackend } from './backend/lazy-backend.ts';
import type { PlayedRoles } from './played-roles.ts';
import type { RunChangeHub } from './backend/run-change-hub.ts';

/** What an app consists of when it stops. */
export interface AppParts {
  readonly roles: PlayedRoles;
  readonly changeHub: RunChangeHub;
  readonly executor: Executor;
  readonly callers: Callers;
  readonly backend: LazyBackend;
}

/** For a store that has not answered for the whole grace. */
const briefMs = 500;

/** Ends them in the order in which they need each other; the worker first, whose handlers may still use all of them. */
export async function endApp(
  { roles, changeHub, executor, callers, backend }: AppParts,
  graceMs: number,
): Promise<void> {
  roles.drain();
  await changeHub.close(); // who follows runs goes to another node now, and not when the grace is over
  const isLost = backend.isLost;
  try {
    await executor.stop(isLost ? null : graceMs); // runs what others wrote, the hook onStop: it may throw
  } finally {
    await callers.stop();
    await roles.stop();
    await backend.close(isLost || executor.gaveUp ? briefMs : undefined);
  }
}
