import type { Inspector } from '../../ports/inspector.ts';
import type { Migration, Store, StoreFacts } from '../../ports/store.ts';
import type { NewRun, Submitted } from '../../ports/store-submit.ts';
import type { Upkeep } from '../../ports/upkeep.ts';
import { noMessages } from './messages.ts';

/** All ports of a store. */
export type WholeStore = Store & Inspector & Upkeep;

/** The methods of the ports as one technology does them, each with its connection first. No batch is empty. */
export type StoreMethods<Db> = {
  readonly [Name in PassedOn]: (db: Db, ...given: Parameters<WholeStore[Name]>) => ReturnType<WholeStore[Name]>;
} & {
  migrate(db: Db, dryRun: boolean): Promise<Migration & { readonly id: string }>;
  submit(db: Db, runs: readonly NewRun[]): Promise<Submitted[]>;
  submitWithin(db: Db, runs: readonly NewRun[], user: { tx: unknown; storeId: string }): Promise<Submitted[]>;
  get(db: Db, refs: readonly string[], steps: boolean): ReturnType<Store['get']>;
};

type PassedOn = Exclude<keyof WholeStore, 'facts' | 'close' | 'migrate' | 'submit' | 'get'>;

/**
 * A store as a plain object, put together from a part for each concern. What is the same whatever the technology is said
 * here once: an empty batch is answered without a round trip, and the id of the store is known from its migration on.
 */
export function composeStore<Db extends { close(): Promise<void> }>(
  db: Db,
  methods: StoreMethods<Db>,
  opened: StoreFacts,
): WholeStore {
  let facts = opened;
  return {
    get facts() {
      return facts;
    },
    close: () => db.close(),
    async migrate({ dryRun = false } = {}) {
      const { id, from, to } = await methods.migrate(db, dryRun);
      facts = { ...facts, id };
      return { from, to };
    },
    async submit(runs, { tx } = {}) {
      if (runs.length === 0) return [];
      return tx === undefined ? methods.submit(db, runs) : methods.submitWithin(db, runs, { tx, storeId: facts.id });
    },
    ...workers(db, methods),
    ...claims(db, methods),
    ...records(db, methods),
    ...actions(db, methods),
    ...reads(db, methods),
    ...schedules(db, methods),
    ...inspection(db, methods),
    ...upkeep(db, methods),
  };
}

function workers<Db>(db: Db, methods: StoreMethods<Db>) {
  return {
    registerWorker: async (worker) => methods.registerWorker(db, worker),
    heartbeat: (reply) => methods.heartbeat(db, reply),
    workers: () => methods.workers(db),
    evict: async (targets) => (targets.length === 0 ? [] : methods.evict(db, targets)),
  } satisfies Partial<Store>;
}

function claims<Db>(db: Db, methods: StoreMethods<Db>) {
  return {
    claim: (request) => methods.claim(db, request),
    reclaim: (claim) => methods.reclaim(db, claim),
    messages: async (request) => (request.runs.length === 0 ? noMessages : methods.messages(db, request)),
  } satisfies Partial<Store>;
}

function records<Db>(db: Db, methods: StoreMethods<Db>) {
  return {
    record: async (batch) => (batch.entries.length === 0 ? [] : methods.record(db, batch)),
    append: async (batch) => (batch.chunks.length + batch.progress.length === 0 ? [] : methods.append(db, batch)),
  } satisfies Partial<Store>;
}

function actions<Db>(db: Db, methods: StoreMethods<Db>) {
  return {
    act: async (actions) => (actions.length === 0 ? [] : methods.act(db, actions)),
    prune: (request) => methods.prune(db, request),
  } satisfies Partial<Store>;
}

function reads<Db>(db: Db, methods: StoreMethods<Db>) {
  return {
    steps: (request) => methods.steps(db, request),
    get: async (refs, { steps = false } = {}) => (refs.length === 0 ? [] : methods.get(db, refs, steps)),
    list: (query) => methods.list(db, query),
    tail: (request) => methods.tail(db, request),
  } satisfies Partial<Store>;
}

function schedules<Db>(db: Db, methods: StoreMethods<Db>) {
  return {
    async plan(declaration) {
      if (declaration.schedules.length > 0) await methods.plan(db, declaration);
    },
    due: (request) => methods.due(db, request),
    fire: async (fires) => (fires.length === 0 ? [] : methods.fire(db, fires)),
  } satisfies Partial<Store>;
}

function inspection<Db>(db: Db, methods: StoreMethods<Db>) {
  return {
    pauses: () => methods.pauses(db),
    backlog: (request) => methods.backlog(db, request),
    stats: (request) => methods.stats(db, request),
  } satisfies Inspector;
}

function upkeep<Db>(db: Db, methods: StoreMethods<Db>) {
  return {
    script: () => methods.script(db),
    prunable: (policy) => methods.prunable(db, policy),
    backup: async (path) => methods.backup(db, path),
    restore: async (path) => methods.restore(db, path),
    examine: () => methods.examine(db),
  } satisfies Upkeep;
}
