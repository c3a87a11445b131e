import type { RunId } from '../../job/run.ts';
import { isFinal } from '../../job/state.ts';
import type { Log } from '../../ports/log.ts';
import type { Meter } from '../../ports/meter.ts';
import type { Store } from '../../ports/store.ts';
import type { EvictTarget } from '../../ports/store-worker.ts';

/**
 * Tells the meter which runs an eviction has ended: those that were ended without asking their owner, and those of a
 * dead worker that were at their limit of crashes or were to be cancelled. Only the process that was answered these
 * runs calls this, so each is told once. A run that cannot be read is not told.
 */
export async function tellEnds(
  { store, meter, log }: { readonly store: Store; readonly meter: Meter | undefined; readonly log: Log },
  targets: readonly EvictTarget[],
  taken: readonly (readonly RunId[])[],
): Promise<void> {
  if (!meter) return;
  try {
    for (const [i, target] of targets.entries()) {
      const codes = new Set(['RUN_CANCELLED', 'run' in target ? target.code : 'RUN_CRASHED']);
      for (const refs of slices(taken[i] ?? [])) {
        for (const run of await store.get(refs)) {
          if (run && isFinal(run.state) && codes.has(run.error?.code ?? '')) meter.endedByStore(run, run.state);
        }
      }
    }
  } catch (error) {
    log.debug('which runs ended with an eviction is not known, and not counted', { error: String(error) });
  }
}

function slices(runs: readonly RunId[]): RunId[][] {
  return Array.from({ length: Math.ceil(runs.length / max) }, (_, i) => runs.slice(i * max, (i + 1) * max));
}

const max = 200;
