import type { Callers } from './callers.ts';
import type { Faces } from './face.ts';
import type { LazyBackend } from './lazy-backend.ts';
import type { RunNews } from './run-news.ts';
import type { WorkerProcess } from './worker-process.ts';

/** What an app consists of when it stops. */
export interface AppParts {
  readonly faces: Faces;
  readonly news: RunNews;
  readonly worker: WorkerProcess | undefined;
  readonly callers: Callers;
  readonly backend: LazyBackend;
}

/** For a store that has not answered for the whole grace. */
const briefMs = 500;

/** Ends them in the order in which they need each other; the worker first, whose handlers may still use all of them. */
export async function endApp({ faces, news, worker, callers, backend }: AppParts, graceMs: number): Promise<void> {
  faces.drain();
  await news.close(); // who follows runs goes to another node now, and not when the grace is over
  const isLost = backend.isLost;
  try {
    await worker?.stop(isLost ? null : graceMs); // runs what others wrote, the hook onStop: it may throw
  } finally {
    await callers.stop();
    await faces.stop();
    await backend.close(isLost || worker?.gaveUp ? briefMs : undefined);
  }
}
