import { OnejobError } from '../../job/errors.ts';
import type { Migration, StoreFacts } from '../../ports/store.ts';
import type { NewRun, Submitted } from '../../ports/store-submit.ts';
import { composeStore, type StoreMethods, type WholeStore } from '../sql/store.ts';
import type { Inside } from './file/examine.ts';
import type { WriterChannel } from './writer/writer-channel.ts';
import { StoreCalls } from './store-calls.ts';
import type { SubmitResult } from './submit/submit.ts';

/** The ports over one channel to the writer. What each method does stands in the file of its name. */
export function createSqliteStore(facts: StoreFacts, channel: WriterChannel, path: string): WholeStore {
  const calls = new StoreCalls(channel, { path, url: facts.url });
  return composeStore(calls, methods, { ...facts, lost: calls.lost });
}

const methods: StoreMethods<StoreCalls> = {
  migrate,
  async submit(calls, runs) {
    const results = await calls.make<SubmitResult[]>('submit', runs);
    return runs.map((run, i) => submittedOf(run, results[i]));
  },
  async submitWithin() {
    throw new OnejobError('CONFIG_INVALID', 'the SQLite store cannot join a transaction of yours', {
      hint: 'submit without `tx`, or use the store on PostgreSQL',
    });
  },
  async registerWorker(calls, worker) {
    await calls.make('registerWorker', worker);
    calls.channel.heartbeatFor(worker);
  },
  heartbeat: (calls, reply) => calls.make('heartbeat', reply),
  workers: (calls) => calls.make('workers', null),
  evict: (calls, targets) => calls.make('evict', targets),
  claim: (calls, request) => calls.make('claim', request),
  reclaim: (calls, claim) => calls.make('reclaim', claim),
  messages: (calls, request) => calls.make('messages', request),
  steps: (calls, request) => calls.make('steps', request),
  record: (calls, batch) => calls.make('record', batch),
  append: (calls, batch) => calls.make('append', batch),
  act: (calls, actions) => calls.make('act', actions),
  get: (calls, refs, steps) => calls.make('get', { refs, steps }),
  list: (calls, query) => calls.make('list', query),
  tail: (calls, request) => calls.make('tail', request),
  plan: (calls, declaration) => calls.make('plan', declaration),
  due: (calls, request) => calls.make('due', request),
  fire: (calls, fires) => calls.make('fire', fires),
  prune: (calls, request) => calls.make('prune', request),
  pauses: (calls) => calls.make('pauses', null),
  backlog: (calls, request) => calls.make('backlog', request),
  stats: (calls, request) => calls.make('stats', request),
  prunable: (calls, policy) => calls.make('prunable', policy),
  async examine(calls) {
    const [inside, { examine }] = await Promise.all([
      calls.make<Inside>('lookInside', null),
      import('./file/examine.ts'),
    ]);
    return examine(calls.path, inside);
  },
  /** On the caller's thread: for a process that does nothing else. */
  async backup({ path: from, url }, to) {
    const { backup } = await import('./file/backup.ts');
    return backup({ from, to, url });
  },
  /** Before any call has opened the file. */
  async restore({ path: to, url }, from) {
    const { restore } = await import('./file/restore.ts');
    return restore({ from, to, url });
  },
  async script(calls) {
    const [{ from, to }, { script }] = await Promise.all([migrate(calls, true), import('./file/schema.ts')]);
    return from === to ? '' : script();
  },
};

function migrate(calls: StoreCalls, dryRun: boolean): Promise<Migration & { id: string }> {
  return calls.make('migrate', { dryRun });
}

/** Of a created run only its state comes back; the rest is known here. */
function submittedOf({ id, key, job }: NewRun, result: SubmitResult | undefined): Submitted {
  return typeof result === 'object' ? result : { verdict: 'created', run: { id, key, job, state: result ?? 'queued' } };
}
