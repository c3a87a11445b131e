import type { StoreFacts } from '../../ports/store.ts';
import { composeStore, type StoreMethods, type WholeStore } from '../sql/store.ts';
import { act, pauses } from './act.ts';
import { backlog } from './backlog.ts';
import { claim, reclaim } from './claim.ts';
import type { Connection } from './connection.ts';
import { examine } from './examine.ts';
import { list } from './list.ts';
import { messages } from './messages.ts';
import { migrate, script } from './migrate.ts';
import { append } from './output.ts';
import { prune } from './prune.ts';
import { get, steps, tail } from './read.ts';
import { record } from './record.ts';
import { heartbeat, evict, registerWorker, workers } from './roster.ts';
import { due, fire, plan } from './schedule.ts';
import { stats } from './stats.ts';
import { submit, submitWithin } from './submit.ts';
import { prunable, refuseBackup, refuseRestore } from './upkeep.ts';

/** Each method one message to the server, checked before it is sent. */
export function createMysqlStore(db: Connection, heartbeatFact: StoreFacts['heartbeat']): WholeStore {
  return composeStore(db, methods, { id: '', reach: 'network', url: db.url, heartbeat: heartbeatFact });
}

const methods: StoreMethods<Connection> = {
  migrate,
  submit,
  submitWithin,
  registerWorker,
  heartbeat,
  workers,
  evict,
  claim,
  reclaim,
  messages,
  steps,
  record,
  append,
  act: (db, actions) => act(db, actions),
  get,
  list,
  tail,
  plan,
  due,
  fire,
  prune,
  pauses,
  backlog,
  stats,
  script,
  prunable,
  backup: refuseBackup,
  restore: refuseRestore,
  examine: (db) => examine(db),
};
