import { act } from '../mailbox/act.ts';
import { backlog } from '../claim/backlog.ts';
import { evict } from '../worker/evict.ts';
import { claim, reclaim } from '../claim/claim.ts';
import type { Tx } from '../file/connection.ts';
import { lookInside } from '../file/examine.ts';
import { list } from '../read/list.ts';
import { messages } from '../mailbox/mailbox.ts';
import type { Method } from './method.ts';
import { append, tail } from '../record/output.ts';
import { pauses } from '../claim/pause.ts';
import { prunable, prune } from '../prune.ts';
import { get, steps } from '../read/read.ts';
import { record } from '../record/record.ts';
import { heartbeat, heartbeatAlone, registerWorker, workers } from '../worker/roster.ts';
import { due, fire, plan } from '../schedule.ts';
import { stats } from '../read/stats.ts';
import { submit } from '../submit/submit.ts';

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
