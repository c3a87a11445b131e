import type { RunId, StepRecord } from '../../job/run.ts';
import type { Page } from '../../ports/store-query.ts';
import type { Store } from '../../ports/store.ts';
import type { Execution } from '../attempt/execution.ts';
import { retryUntilAvailable } from './retry-until-available.ts';

/**
 * Reads what was before an attempt: its recorded steps, and all mailbox items up to its claim. A handler begins with
 * both, so that a wait whose time is over does not miss its event.
 *
 * @throws the reason, when aborted
 */
export async function readPast(execution: Execution): Promise<readonly StepRecord[]> {
  const { host, claim, mailbox, abort } = execution;
  const reading = claim.steps > 0 ? readSteps(execution) : [];
  if (claim.mailboxSeq > 0) host.signals.mailbox([claim.run]);
  const pending = claim.mailboxSeq > 0 ? mailbox.upTo(claim.mailboxSeq, abort.signal) : undefined;
  const [records] = await Promise.all([reading, pending]);
  return records;
}

async function readSteps({ host, claim, abort }: Execution): Promise<StepRecord[]> {
  const readPage: Store['steps'] = (request) => retryUntilAvailable(host.clock, abort, () => host.store.steps(request));
  const records: StepRecord[] = [];
  for await (const part of stepParts(claim.run, readPage)) {
    records.push(...part);
    abort.check();
  }
  return records;
}

/**
 * Reads the steps of a run part by part. Their outputs together may be larger than one answer of a store, or than the
 * memory of a process. Nobody else writes to the run meanwhile.
 */
export async function* stepParts(run: RunId, readPage: Store['steps']): AsyncGenerator<readonly StepRecord[]> {
  for (let after: string | null = null; ;) {
    const { items, next }: Page<StepRecord> = await readPage({ run, after, maxBytes });
    yield items;
    if (next === null) return;
    after = next;
  }
}

const maxBytes = 4_194_304;
