import type { Verdict } from '../../job/transition.ts';
import type { Entry } from '../../ports/store-entry.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import { type EntryForms, EntryGroup } from '../sql/entry-group.ts';
import { bundle } from './bundle.ts';
import type { Connection } from './connection.ts';
import { encode } from './submit.ts';

/** Sorts a group by what its entries do, which is how `record_v1` takes it, and puts the verdicts in order again. */
export async function record(
  db: Connection,
  { worker, entries }: { worker: WorkerId; entries: readonly Entry[] },
): Promise<Verdict[]> {
  const group = new EntryGroup(entries, forms);
  const rows = await db.write<{ rejected: [number, Verdict][] | null }>(
    'record',
    `select ${db.schema}.record_v1($1, $2::text[], $3::json, $4::json, $5::text[], $6::integer[],
       $7::json, $8::text[], $9::json, $10::text[]) rejected`,
    [
      worker,
      [...group.runs],
      bundle(group.steps),
      group.children.some((list) => list.length > 0) ? bundle(group.children) : null,
      group.outcomes.map(({ run }) => run),
      group.outcomes.map(({ epoch }) => epoch),
      bundle(group.outcomes),
      group.falling,
      bundle(group.lettingGo),
      group.lettingGo.map(({ run }) => run),
    ],
  );
  return group.verdicts(rows[0]?.rejected ?? []);
}

const forms: EntryForms = {
  structured: (value) => value,
  child: ({ run, epoch, key, tries }, child, i) => ({ run, epoch, key, tries, child: encode(child, i) }),
  again: ({ run, epoch, key, tries }) => ({ run, epoch, key, again: tries }),
};
