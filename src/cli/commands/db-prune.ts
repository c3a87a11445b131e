import type { Call } from '../call.ts';
import { withDatabase } from '../database.ts';
import { signalExits } from '../exit-code.ts';

/** So many runs in one call, which is what workers take, too: bounded work, so that nobody waits for it. */
const batch = 500;

/** `onejob db prune`: deletes finished runs beyond the retention at once, as workers do about once an hour. */
export function execute(call: Call): Promise<number> {
  const { terminal, flags, interruption } = call;
  return withDatabase(call, async ({ store, upkeep, settings: { retention: policy } }) => {
    if (flags.on('dry-run')) {
      const runs = await upkeep().prunable(policy);
      if (terminal.json) terminal.outJson({ v: 1, runs, bytes: null, dryRun: true });
      else terminal.out(`${counted(runs)} would be deleted\n`);
      return 0;
    }
    const total = { runs: 0, bytes: 0 };
    for (let more = true; more && !interruption.signal.aborted;) {
      const pruned = await store.prune({ policy, limit: batch });
      total.runs += pruned.runs;
      total.bytes += pruned.bytes;
      more = pruned.more;
    }
    if (terminal.json) terminal.outJson({ v: 1, ...total, dryRun: false });
    else terminal.out(`${counted(total.runs)} deleted\n`);
    return interruption.by === null ? 0 : signalExits[interruption.by];
  });
}

function counted(runs: number): string {
  return runs === 1 ? '1 finished run' : `${runs} finished runs`;
}
