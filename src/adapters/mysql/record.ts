import type { Verdict } from '../../job/transition.ts';
import type { Entry } from '../../ports/store-entry.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import { type EntryForms, EntryGroup } from '../sql/entry-group.ts';
import { bundle, checkArgument } from './bundle.ts';
import type { Connection } from './connection.ts';
import { encode } from './new-run.ts';
import { refuseBusy } from './submit.ts';

/** Sorts a group by what its entries do, which is how `record_v1` takes it, and puts the verdicts in order again. */
export async function record(
  db: Connection,
  batch: { worker: WorkerId; entries: readonly Entry[] },
): Promise<Verdict[]> {
  checkArgument(batch);
  const { worker, entries } = batch;
  const group = new EntryGroup(entries, forms);
  const answers = await db.write('record', 'record_v1', [
    worker,
    bundle([...group.runs].toSorted()),
    bundle(group.steps),
    bundle(group.children),
    bundle(group.outcomes),
    bundle(group.falling),
    bundle(group.lettingGo),
  ]);
  refuseBusy(answers.flat());
  const rejected = answers.flat() as unknown as { i: number; verdict: Verdict }[];
  return group.verdicts(rejected.map(({ i, verdict }) => [i, verdict]));
}

const forms: EntryForms = {
  structured: JSON.stringify,
  child: ({ run, epoch, key, tries }, child, i) => ({ ...encode(child, i), of: run, epoch, step: key, tries }),
  again: ({ run, epoch, key, tries }) => ({ of: run, epoch, step: key, again: tries }),
};
