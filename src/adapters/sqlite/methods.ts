import { act } from './act.ts';
import { backlog } from './backlog.ts';
import { evict } from './evict.ts';
import { claim, reclaim } from './claim.ts';
import type { Tx } from './connection.ts';
import { lookInside } from './examine.ts';
import { list } from './list.ts';
import { messages } from './mailbox.ts';
import type { Method } from './method.ts';
import { append, tail } from './output.ts';
import { pauses } from './pause.ts';
import { prunable, prune } from './prune.ts';
import { get, steps } from './read.ts';
import { record } from './record.ts';
import { heartbeat, heartbeatAlone, registerWorker, workers } from './roster.ts';
import { due, fire, plan } from './schedule.ts';
import { stats } from './stats.ts';
import { submit } from './submit.ts';

type Run = (tx: Tx, argument: never) => unknown;

const methods: Readonly<Record<Exclude<Method, 'migrate'>, Run>> = {
  submit,
  registerWorker,
  heartbeat,
  heartbeatAlone,
  evict,
  claim,
  reclaim,
  record,
  append,
  act,
  plan,
  fire,
  prune,
  workers,
  messages,
  steps,
  get,
  list,
  tail,
  due,
  pauses,
  backlog,
  stats,
  prunable,
  lookInside,
};

/** Runs one method inside the transaction. The argument comes from a typed caller, perhaps through a thread. */
export function perform(tx: Tx, method: Exclude<Method, 'migrate'>, argument: unknown): unknown {
  return methods[method](tx, argument as never);
}
