import { OnejobError } from '../job/errors.ts';
import { inputDigest } from '../job/key.ts';
import type { Run } from '../job/run.ts';
import type { NewRun, Submitted } from '../ports/store-submit.ts';
import type { RunRequest } from './run-request.ts';

/** The first answer that is a conflict, as the error that says so. */
export function conflictOf(runs: readonly NewRun[], submitted: readonly Submitted[]): OnejobError | undefined {
  const at = submitted.findIndex(({ verdict }) => verdict === 'conflict');
  return at === -1 ? undefined : keyConflict(runs[at] as NewRun, (submitted[at] as Submitted).run);
}

/**
 * Finds a conflict before anything is stored, so that of several runs all or none are created. Only one that comes into
 * being in the same moment is left to the answers of `submit`. One run alone is left to them altogether: it costs no read.
 * @throws KEY_CONFLICT
 */
export async function refuseConflicts(
  runs: readonly NewRun[],
  read: (keys: readonly string[]) => Promise<readonly (Run | null)[]>,
): Promise<void> {
  const keyed = runs.filter(({ key }) => key !== null);
  if (keyed.length === 0 || runs.length === 1) return;
  const existing = await read(keyed.map(({ key }) => key as string));
  const owners = new Map<string, Pick<NewRun, 'id' | 'job' | 'digest'>>();
  for (const [i, run] of keyed.entries()) {
    const key = run.key as string;
    const found = existing[i];
    const stored = found?.key === key ? { ...found, digest: inputDigest(found.input) } : undefined;
    const owner = stored ?? owners.get(key);
    if (owner && (owner.job !== run.job || owner.digest !== run.digest)) throw keyConflict(run, owner);
    owners.set(key, owner ?? run);
  }
}

/** @throws USAGE for one key that a caller gave to several runs at once */
export function refuseSharedKeys(requests: readonly Pick<RunRequest, 'key'>[]): void {
  const keys = requests.flatMap(({ key }) => key ?? []);
  if (new Set(keys).size === keys.length) return;
  throw new OnejobError('USAGE', 'one key cannot name the runs of several jobs', { hint: 'start them one by one' });
}

function keyConflict(run: NewRun, existing: { readonly id: string; readonly job: string }): OnejobError {
  const what = existing.job === run.job ? 'with another input' : `of the job ${existing.job}`;
  return new OnejobError('KEY_CONFLICT', `the key ${run.key} belongs to a run ${what}`, {
    hint: `onejob runs show ${existing.id} shows it; choose another key`,
    data: { run: existing.id, key: run.key },
  });
}
