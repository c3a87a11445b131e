import type { StoreFacts } from '../../ports/store.ts';
import { composeStore, type StoreMethods, type WholeStore } from '../sql/store.ts';
import { act, pauses } from './act.ts';
import { backlog } from './backlog.ts';
import { reclaim } from './claim.ts';
import type { Connection } from './connection.ts';
import { examine } from './examine.ts';
import { list } from './list.ts';
import { messages } from './messages.ts';
import { migrate, script } from './migrate.ts';
import { ClaimCursor } from './claim-cursor.ts';
import { append } from './output.ts';
import { prune } from './prune.ts';
import { get, steps, tail } from './read.ts';
import { record } from './record.ts';
import { heartbeat, evict, registerWorker, workers } from './roster.ts';
import { due, fire, plan } from './schedule.ts';
import { stats } from './stats.ts';
import { submitWithin } from './submit.ts';
import { SubmitBatcher } from './submit-batcher.ts';
import { prunable, refuseBackup, refuseRestore } from './upkeep.ts';

/** Each method one message to the server; submits and claims of this process go through one `SubmitBatcher`. */
export function createPostgresStore(db: Connection, heartbeatFact: StoreFacts['heartbeat']): WholeStore {
  const submits = new SubmitBatcher(db, new ClaimCursor());
  return composeStore(
    db,
    {
      ...methods,
      submit: (_, runs) => submits.submit(runs),
      claim: (_, request) => submits.claim(request),
    },
    { id: '', reach: 'network', url: db.url, heartbeat: heartbeatFact, keepsSubmitsInOrder: true, joinsClaims: true },
  );
}

const methods: Omit<StoreMethods<Connection>, 'submit' | 'claim'> = {
  migrate,
  submitWithin,
  registerWorker,
  heartbeat,
  workers,
  evict,
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
