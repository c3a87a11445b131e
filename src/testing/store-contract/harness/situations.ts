import type { NewRun } from '../../../ports/store-submit.ts';
import type { WorkerId } from '../../../ports/store-worker.ts';
import { cancelOf, ended, eventTo, failed, handedBack, restartOf, retryOf, suspended } from './builders.ts';
import type { Harness } from './harness.ts';

/** A state that a run's row can be in, and a way there that goes through the port only. */
export interface Situation {
  /** Completes `a run that …`. */
  readonly name: string;
  readonly owner: keyof Workers | null;
  readonly mailboxSeq: number;
  /** A request to cancel lies in its mailbox. */
  readonly isCancelled?: boolean;
  /** Brings all these runs, which are of the job `table`, there. */
  readonly arrange: (harness: Harness, runs: readonly NewRun[], workers: Workers) => Promise<void>;
}

interface Workers {
  readonly me: WorkerId;
  readonly other: WorkerId;
}

export const situations: readonly Situation[] = [
  { name: 'does not exist', owner: null, mailboxSeq: 0, arrange: async () => {} },
  { name: 'was never claimed', owner: null, mailboxSeq: 0, arrange: queued },
  {
    name: 'I hold',
    owner: 'me',
    mailboxSeq: 0,
    arrange: async (harness, runs, { me }) => await heldBy(harness, runs, me),
  },
  {
    name: 'another holds in the first epoch',
    owner: 'other',
    mailboxSeq: 0,
    arrange: async (harness, runs, { other }) => await heldBy(harness, runs, other),
  },
  {
    name: 'I hold with a mailbox item',
    owner: 'me',
    mailboxSeq: 1,
    arrange: async (harness, runs, { me }) => {
      await heldBy(harness, runs, me);
      await harness.store.act(runs.map(({ id }) => eventTo(id, 'go')));
    },
  },
  {
    name: 'I hold and somebody wants cancelled',
    owner: 'me',
    mailboxSeq: 1,
    isCancelled: true,
    arrange: async (harness, runs, { me }) => {
      await heldBy(harness, runs, me);
      await harness.store.act(runs.map(({ id }) => cancelOf(id)));
    },
  },
  {
    name: 'I handed back and so ended, for somebody wanted it cancelled',
    owner: null,
    mailboxSeq: 0,
    arrange: async (harness, runs, { me }) => {
      await heldBy(harness, runs, me);
      await harness.store.act(runs.map(({ id }) => cancelOf(id)));
      await harness.record(me, ...runs.map(({ id }) => handedBack({ run: id, epoch: 1 })));
    },
  },
  {
    name: 'I handed back and hold again',
    owner: 'me',
    mailboxSeq: 0,
    arrange: async (harness, runs, workers) => {
      await handedBackBy(harness, runs, workers);
      await claimAll(harness, runs, workers.me);
    },
  },
  {
    name: 'I handed back and another holds',
    owner: 'other',
    mailboxSeq: 0,
    arrange: async (harness, runs, workers) => {
      await handedBackBy(harness, runs, workers);
      await claimAll(harness, runs, workers.other);
    },
  },
  { name: 'I handed back', owner: null, mailboxSeq: 0, arrange: handedBackBy },
  { name: 'I parked', owner: null, mailboxSeq: 0, arrange: parkedBy },
  {
    name: 'I parked and a mailbox item woke',
    owner: null,
    mailboxSeq: 1,
    arrange: async (harness, runs, workers) => {
      await parkedBy(harness, runs, workers);
      await harness.store.act(runs.map(({ id }) => eventTo(id, 'go')));
    },
  },
  { name: 'was taken from an evicted worker', owner: null, mailboxSeq: 0, arrange: taken },
  {
    name: 'was taken from an evicted worker and I hold',
    owner: 'me',
    mailboxSeq: 0,
    arrange: async (harness, runs, workers) => {
      await taken(harness, runs);
      await claimAll(harness, runs, workers.me);
    },
  },
  ...(['succeeded', 'failed', 'cancelled'] as const).map((state): Situation => ({
    name: `I ended ${state}`,
    owner: null,
    mailboxSeq: 0,
    arrange: async (harness, runs, { me }) => {
      await heldBy(harness, runs, me);
      await harness.recorded(me, ...runs.map(({ id }) => ended({ run: id, epoch: 1 }, { state })));
    },
  })),
  {
    name: 'was cancelled before any claim',
    owner: null,
    mailboxSeq: 0,
    arrange: async (harness, runs) => {
      await queued(harness, runs);
      await harness.store.act(runs.map(({ id }) => cancelOf(id)));
    },
  },
  {
    name: 'was cancelled while it waited',
    owner: null,
    mailboxSeq: 0,
    arrange: async (harness, runs, workers) => {
      await parkedBy(harness, runs, workers);
      await harness.store.act(runs.map(({ id }) => cancelOf(id)));
    },
  },
  {
    name: 'was ended over my head',
    owner: null,
    mailboxSeq: 0,
    arrange: async (harness, runs, { me }) => {
      await heldBy(harness, runs, me);
      const message = 'it ran longer than 1 s';
      await harness.store.evict(runs.map(({ id }) => ({ run: id, epoch: 1, code: 'RUN_TIMED_OUT', message })));
    },
  },
  {
    name: 'took down its last worker',
    owner: null,
    mailboxSeq: 0,
    arrange: async (harness, runs) => {
      for (const run of runs) {
        const gone = await harness.worker({ node: 'gone' });
        await heldBy(harness, [{ ...run, maxCrashes: 1 }], gone);
        await harness.evict(gone);
      }
    },
  },
  {
    name: 'I failed and somebody retried',
    owner: null,
    mailboxSeq: 0,
    arrange: async (harness, runs, { me }) => {
      await heldBy(harness, runs, me);
      await harness.recorded(me, ...runs.map(({ id }) => failed({ run: id, epoch: 1 })));
      await harness.store.act(runs.map(({ id }) => retryOf(id)));
      await claimAll(harness, runs, me);
      await harness.recorded(me, ...(await harness.held(me)).map((hold) => failed(hold)));
      await harness.store.act(runs.map(({ id }) => retryOf(id)));
    },
  },
  {
    name: 'I ended and somebody restarted and I hold again',
    owner: 'me',
    mailboxSeq: 0,
    arrange: async (harness, runs, { me }) => {
      await heldBy(harness, runs, me);
      await harness.recorded(me, ...runs.map(({ id }) => ended({ run: id, epoch: 1 })));
      await harness.store.act(runs.map(({ id }) => restartOf(id, null)));
      await claimAll(harness, runs, me);
    },
  },
];

async function queued(harness: Harness, runs: readonly NewRun[]): Promise<void> {
  await harness.store.submit(runs);
}

async function heldBy(harness: Harness, runs: readonly NewRun[], holder: WorkerId): Promise<void> {
  await harness.store.submit(runs.map((run) => ({ ...run, holder })));
}

async function handedBackBy(harness: Harness, runs: readonly NewRun[], { me }: Workers): Promise<void> {
  await heldBy(harness, runs, me);
  await harness.recorded(me, ...runs.map(({ id }) => handedBack({ run: id, epoch: 1 })));
}

async function parkedBy(harness: Harness, runs: readonly NewRun[], { me }: Workers): Promise<void> {
  await heldBy(harness, runs, me);
  await harness.recorded(me, ...runs.map(({ id }) => suspended({ run: id, epoch: 1 })));
}

/** Epoch 2: the first holder is gone. */
async function taken(harness: Harness, runs: readonly NewRun[]): Promise<void> {
  const gone = await harness.worker({ node: 'gone' });
  await heldBy(harness, runs, gone);
  await harness.evict(gone, false); // else all are suspect, and claimed one at a time
}

async function claimAll(harness: Harness, runs: readonly NewRun[], worker: WorkerId): Promise<void> {
  const { claims } = await harness.claim(worker, { jobs: ['table'], free: runs.length });
  if (claims.length !== runs.length) throw new Error(`claimed ${claims.length} of ${runs.length}`);
}
