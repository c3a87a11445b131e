import { listedRun } from '../../job/listed-run.ts';
import type { Run } from '../../job/run.ts';
import type { Store } from '../../ports/store.ts';

/** Runs by id or key, as they stand in a list: few of them are in memory with all their values. */
export async function listedRuns(store: Store, refs: readonly string[]): Promise<(Run | null)[]> {
  const runs: (Run | null)[] = [];
  for (let from = 0; from < refs.length; from += readTogether) {
    const some = await store.get(refs.slice(from, from + readTogether));
    runs.push(...some.map((run) => run && listedRun(run)));
  }
  return runs;
}

const readTogether = 20;
