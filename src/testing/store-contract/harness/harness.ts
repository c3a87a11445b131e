import { isOnejobError } from '../../../job/errors.ts';
import { busyKeys } from '../../../job/key-busy.ts';
import type { Run, RunId, StepRecord } from '../../../job/run.ts';
import type { RunState } from '../../../job/state.ts';
import type { Verdict } from '../../../job/transition.ts';
import type { Action, ActionResult, MailboxItem } from '../../../ports/store-action.ts';
import type { Claim, Claimed, Hold, JobTerms } from '../../../ports/store-claim.ts';
import type { Entry } from '../../../ports/store-entry.ts';
import type { Inbox, Messages } from '../../../ports/store-message.ts';
import type { Page } from '../../../ports/store-query.ts';
import type { DueSchedule } from '../../../ports/store-schedule.ts';
import type { NewRun, Submitted } from '../../../ports/store-submit.ts';
import type { WorkerRegistration, HeartbeatReply, WorkerId } from '../../../ports/store-worker.ts';
import type { Store } from '../../../ports/store.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { registration, newRun, termsOf } from './builders.ts';
import type { Fixture } from './fixture.ts';

/** One migrated store in a test, with the sentences that tests are made of. */
export type Harness = ReturnType<typeof harnessOf>;

export function harnessOf(fixture: Fixture) {
  const { store } = fixture;
  const reads = readsOf(store);
  return {
    store,
    fixture,
    close: () => fixture.close(),
    /** A migrated second handle on the same data. */
    async second(): Promise<Store> {
      const second = await fixture.second();
      await second.migrate();
      return second;
    },
    ...timeOf(fixture),
    ...reads,
    ...writesOf(store, reads),
    ...claimsOf(store),
    ...mailboxesOf(store),
  };
}

function timeOf({ store, advance }: Fixture) {
  /** The store's now. */
  const now = async (): Promise<number> => (await store.due({ limit: 1 })).now;
  return {
    now,
    /** Lets `ms` go by on the store's clock. */
    async pass(ms: number): Promise<void> {
      if (advance) {
        await advance(ms);
        return;
      }
      const until = (await now()) + ms;
      for (let polls = 0; (await now()) < until; polls++) {
        if (polls > 5_000) throw new Error(`the store's clock did not move by ${ms} ms`);
        await sleep(5);
      }
    },
  };
}

function writesOf(store: Store, { heartbeatOf }: ReturnType<typeof readsOf>) {
  const record = (worker: WorkerId, ...entries: Entry[]): Promise<Verdict[]> => store.record({ worker, entries });
  return {
    /** Registers a worker and gives its id. */
    async worker(over: Partial<WorkerRegistration> = {}): Promise<WorkerId> {
      const worker = registration(over);
      await store.registerWorker(worker);
      return worker.id;
    },
    record,
    /** Records entries that are certain to be accepted. */
    async recorded(worker: WorkerId, ...entries: Entry[]): Promise<void> {
      const verdicts = await record(worker, ...entries);
      if (verdicts.some((verdict) => verdict !== 'ok')) throw new Error(`not recorded: ${verdicts.join(', ')}`);
    },
    act: async (action: Action): Promise<ActionResult> => only(await store.act([action])),
    heartbeat: (worker: WorkerId): Promise<HeartbeatReply> => store.heartbeat({ worker }),
    /** Evicts a worker whose counter stands where it is now. */
    async evict(worker: WorkerId, counted = true): Promise<RunId[]> {
      const seenHeartbeat = await heartbeatOf(worker);
      return only(await store.evict([{ id: worker, seenHeartbeat, counted }]));
    },
  };
}

function claimsOf(store: Store) {
  let last = 0;
  const submit = async (over: Partial<NewRun> = {}): Promise<Submitted> => only(await store.submit([newRun(over)]));
  /** Claims up to `free` runs, of the job `work` where no other is said. */
  const claim = async (worker: WorkerId, over: Claims = {}): Promise<Claimed> => {
    const { number = ++last, jobs = ['work'], free = 100, turn = 0, tree } = over;
    const terms = jobs.map((job) => (typeof job === 'string' ? termsOf(job) : job));
    return await store.claim({ worker, number, jobs: terms, free, turn, ...(tree && { tree }) });
  };
  return {
    submit,
    claim,
    /** Ids of the runs that a claim gives, in its order. */
    async claimIds(worker: WorkerId, over: Claims = {}): Promise<RunId[]> {
      return (await claim(worker, over)).claims.map(({ run }) => run);
    },
    /** A new run, claimed by the worker; no other run of its job may be due. */
    async running(worker: WorkerId, over: Partial<NewRun> = {}): Promise<Claim> {
      const { run } = await submit(over);
      const { claims } = await claim(worker, { jobs: [over.job ?? 'work'] });
      const claimed = only(claims);
      if (claimed.run !== run.id) throw new Error(`claimed ${claimed.run}, expected ${run.id}`);
      return claimed;
    },
  };
}

function mailboxesOf(store: Store) {
  const held = (worker: WorkerId): Promise<Hold[]> => heldBy(store, worker);
  const messages = async (worker: WorkerId, { seen = 0, maxBytes = 1_000_000_000 } = {}): Promise<Messages> => {
    const runs = (await held(worker)).map((hold) => ({ ...hold, seen }));
    return await store.messages({ worker, runs, maxBytes });
  };
  return {
    /** All runs that the worker holds, by id. */
    held,
    /** The unread messages of all runs that the worker holds, from the first on, as many as fit. */
    messages,
    /** Of the runs that have any. */
    async inboxes(worker: WorkerId): Promise<Inbox[]> {
      return (await messages(worker)).inboxes.filter(({ items }) => items.length > 0);
    },
    /** The unread messages of one run. */
    async items(worker: WorkerId, { run, epoch }: Hold): Promise<readonly MailboxItem[]> {
      const runs = [{ run, epoch, seen: 0 }];
      const { inboxes } = await store.messages({ worker, runs, maxBytes: 1_000_000_000 });
      return inboxes.flatMap(({ items }) => items);
    },
  };
}

function readsOf(store: Store) {
  const find = async (ref: string): Promise<Run | null> => only(await store.get([ref]));
  const run = async (ref: string): Promise<Run> => {
    const found = await find(ref);
    if (!found) throw new Error(`run ${ref} is not there`);
    return found;
  };
  return {
    find,
    run,
    state: async (ref: string): Promise<RunState> => (await run(ref)).state,
    async steps(id: RunId): Promise<StepRecord[]> {
      return [...(await store.steps({ run: id, after: null, maxBytes: 1e9 })).items];
    },
    async heartbeatOf(worker: WorkerId): Promise<number> {
      const view = (await store.workers()).find(({ id }) => id === worker);
      if (!view) throw new Error(`worker ${worker} is not there`);
      return view.heartbeat;
    },
    async dueSchedule(name: string): Promise<DueSchedule> {
      const { schedules } = await store.due({ limit: 100 });
      const schedule = schedules.find((due) => due.name === name);
      if (!schedule) throw new Error(`schedule ${name} is not due`);
      return schedule;
    },
    /** Every page of a query, one after the other. */
    async listAll(query: Omit<Parameters<Store['list']>[0], 'limit' | 'cursor'>, limit = 100): Promise<Run[]> {
      const runs: Run[] = [];
      let page = await store.list({ ...query, limit });
      runs.push(...page.items);
      for (let pages = 1; page.next !== null; pages++) {
        if (pages > 1_000) throw new Error(`the list has no end: ${runs.length} runs after ${pages} pages`);
        page = await store.list({ ...query, limit, cursor: page.next });
        runs.push(...page.items);
      }
      return runs;
    },
  };
}

export interface Claims {
  readonly number?: number;
  readonly jobs?: readonly (string | JobTerms)[];
  readonly free?: number;
  readonly turn?: number;
  readonly tree?: readonly RunId[];
}

export async function openHarness(fixture: Fixture): Promise<Harness> {
  try {
    await fixture.store.migrate();
  } catch (error) {
    await fixture.close();
    throw error;
  }
  return harnessOf(fixture);
}

/** All runs that the store thinks this worker holds, by id: of those that are running who is not lost to it. */
export async function heldBy(store: Store, worker: WorkerId): Promise<Hold[]> {
  const running: { run: RunId; epoch: number; seen: number }[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page: Page<Run> = await store.list({ states: ['running'], limit: 1_000, ...(cursor && { cursor }) });
    running.push(...page.items.map(({ id, epoch }) => ({ run: id, epoch, seen: 0 })));
    cursor = page.next;
  }
  const lost = new Set((await store.messages({ worker, runs: running, maxBytes: 1 })).lost);
  const held = running.filter(({ run }) => !lost.has(run));
  return held.map(({ run, epoch }) => ({ run, epoch })).toSorted((a, b) => (a.run < b.run ? -1 : 1));
}

/** The one element of a list that has one. */
export function only<T>(list: readonly T[]): T {
  const [first] = list;
  if (first === undefined || list.length !== 1) throw new Error(`expected one element, got ${list.length}`);
  return first;
}

export function at<T>(list: readonly T[], index: number): T {
  const element = list[index];
  if (element === undefined) throw new Error(`expected an element ${index} of ${list.length}`);
  return element;
}

/** Calls again while a key is busy, as an outbox does: somebody else is creating it in this moment. */
export async function whileBusy<T>(call: () => Promise<T>): Promise<T> {
  for (let calls = 1; ; calls++) {
    try {
      return await call();
    } catch (error) {
      if (busyKeys(error).length === 0 || calls > 500) throw error;
      await sleep(5);
    }
  }
}

/** The code of the error that a call rejects with, or what it resolved with; an error that is not ours is thrown on. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    return `resolved: ${JSON.stringify(await call)}`;
  } catch (error) {
    if (isOnejobError(error)) return error.code;
    throw error;
  }
}
