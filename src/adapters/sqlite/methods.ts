import { ask } from './ask.ts';
import { bury } from './bury.ts';
import { claim } from './claim.ts';
import type { Tx } from './connection.ts';
import { list } from './list.ts';
import { append, tail } from './output.ts';
import { pauses } from './pause.ts';
import { prune } from './prune.ts';
import { get, steps } from './read.ts';
import { record } from './record.ts';
import { beat, enrol, held, workers } from './roster.ts';
import { due, fire, plan } from './schedule.ts';
import { submit } from './submit.ts';

/** What happens inside a write transaction. */
export const writes = { submit, enrol, beat, bury, claim, record, append, ask, plan, fire, prune };

/** What reads one snapshot. */
export const reads = { workers, held, steps, get, list, tail, due, pauses };

export type WriteMethod = keyof typeof writes;
export type Method = WriteMethod | keyof typeof reads | 'migrate';

export function isWrite(method: Method): method is WriteMethod {
  return method in writes;
}

/** Runs one method inside the transaction. The argument comes from a typed caller, perhaps through a thread. */
export function perform(tx: Tx, method: Exclude<Method, 'migrate'>, argument: unknown): unknown {
  const run = (isWrite(method) ? writes[method] : reads[method]) as (tx: Tx, argument: unknown) => unknown;
  return run(tx, argument);
}
