import type { NewRun } from '../../ports/store-submit.ts';
import type { WorkerId } from '../../ports/store-worker.ts';
import { cancelOf, ended, eventTo, failed, handedBack, restartOf, retryOf, suspended } from './builders.ts';
import type { Scene } from './scene.ts';

/** A state that a run's row can be in, and a way there that goes through the port only. */
export interface Situation {
  /** Completes `a run that …`. */
  readonly name: string;
  readonly owner: keyof Workers | null;
  readonly mail: number;
  /** A request to cancel lies in its mailbox. */
  readonly isCancelled?: boolean;
  /** Brings all these runs, which are of the job `table`, there. */
  readonly arrange: (scene: Scene, runs: readonly NewRun[], workers: Workers) => Promise<void>;
}

interface Workers {
  readonly me: WorkerId;
  readonly other: WorkerId;
}

export const situations: readonly Situation[] = [
  { name: 'does not exist', owner: null, mail: 0, arrange: async () => {} },
  { name: 'was never claimed', owner: null, mail: 0, arrange: queued },
  { name: 'I hold', owner: 'me', mail: 0, arrange: async (scene, runs, { me }) => await heldBy(scene, runs, me) },
  {
    name: 'another holds in the first epoch',
    owner: 'other',
    mail: 0,
    arrange: async (scene, runs, { other }) => await heldBy(scene, runs, other),
  },
  {
    name: 'I hold with a letter',
    owner: 'me',
    mail: 1,
    arrange: async (scene, runs, { me }) => {
      await heldBy(scene, runs, me);
      await scene.store.ask(runs.map(({ id }) => eventTo(id, 'go')));
    },
  },
  {
    name: 'I hold and somebody wants cancelled',
    owner: 'me',
    mail: 1,
    isCancelled: true,
    arrange: async (scene, runs, { me }) => {
      await heldBy(scene, runs, me);
      await scene.store.ask(runs.map(({ id }) => cancelOf(id)));
    },
  },
  {
    name: 'I handed back and so ended, for somebody wanted it cancelled',
    owner: null,
    mail: 0,
    arrange: async (scene, runs, { me }) => {
      await heldBy(scene, runs, me);
      await scene.store.ask(runs.map(({ id }) => cancelOf(id)));
      await scene.record(me, ...runs.map(({ id }) => handedBack({ run: id, epoch: 1 })));
    },
  },
  {
    name: 'I handed back and hold again',
    owner: 'me',
    mail: 0,
    arrange: async (scene, runs, workers) => {
      await handedBackBy(scene, runs, workers);
      await claimAll(scene, runs, workers.me);
    },
  },
  {
    name: 'I handed back and another holds',
    owner: 'other',
    mail: 0,
    arrange: async (scene, runs, workers) => {
      await handedBackBy(scene, runs, workers);
      await claimAll(scene, runs, workers.other);
    },
  },
  { name: 'I handed back', owner: null, mail: 0, arrange: handedBackBy },
  { name: 'I parked', owner: null, mail: 0, arrange: parkedBy },
  {
    name: 'I parked and a letter woke',
    owner: null,
    mail: 1,
    arrange: async (scene, runs, workers) => {
      await parkedBy(scene, runs, workers);
      await scene.store.ask(runs.map(({ id }) => eventTo(id, 'go')));
    },
  },
  { name: 'was taken from a buried worker', owner: null, mail: 0, arrange: taken },
  {
    name: 'was taken from a buried worker and I hold',
    owner: 'me',
    mail: 0,
    arrange: async (scene, runs, workers) => {
      await taken(scene, runs);
      await claimAll(scene, runs, workers.me);
    },
  },
  ...(['succeeded', 'failed', 'cancelled'] as const).map((state): Situation => ({
    name: `I ended ${state}`,
    owner: null,
    mail: 0,
    arrange: async (scene, runs, { me }) => {
      await heldBy(scene, runs, me);
      await scene.recorded(me, ...runs.map(({ id }) => ended({ run: id, epoch: 1 }, { state })));
    },
  })),
  {
    name: 'was cancelled before any claim',
    owner: null,
    mail: 0,
    arrange: async (scene, runs) => {
      await queued(scene, runs);
      await scene.store.ask(runs.map(({ id }) => cancelOf(id)));
    },
  },
  {
    name: 'was cancelled while it waited',
    owner: null,
    mail: 0,
    arrange: async (scene, runs, workers) => {
      await parkedBy(scene, runs, workers);
      await scene.store.ask(runs.map(({ id }) => cancelOf(id)));
    },
  },
  {
    name: 'was ended over my head',
    owner: null,
    mail: 0,
    arrange: async (scene, runs, { me }) => {
      await heldBy(scene, runs, me);
      const message = 'it ran longer than 1 s';
      await scene.store.bury(runs.map(({ id }) => ({ run: id, epoch: 1, code: 'RUN_TIMED_OUT', message })));
    },
  },
  {
    name: 'took down its last worker',
    owner: null,
    mail: 0,
    arrange: async (scene, runs) => {
      for (const run of runs) {
        const gone = await scene.worker({ node: 'gone' });
        await heldBy(scene, [{ ...run, maxCrashes: 1 }], gone);
        await scene.bury(gone);
      }
    },
  },
  {
    name: 'I failed and somebody retried',
    owner: null,
    mail: 0,
    arrange: async (scene, runs, { me }) => {
      await heldBy(scene, runs, me);
      await scene.recorded(me, ...runs.map(({ id }) => failed({ run: id, epoch: 1 })));
      await scene.store.ask(runs.map(({ id }) => retryOf(id)));
      await claimAll(scene, runs, me);
      await scene.recorded(me, ...(await scene.held(me)).map((hold) => failed(hold)));
      await scene.store.ask(runs.map(({ id }) => retryOf(id)));
    },
  },
  {
    name: 'I ended and somebody restarted and I hold again',
    owner: 'me',
    mail: 0,
    arrange: async (scene, runs, { me }) => {
      await heldBy(scene, runs, me);
      await scene.recorded(me, ...runs.map(({ id }) => ended({ run: id, epoch: 1 })));
      await scene.store.ask(runs.map(({ id }) => restartOf(id, null)));
      await claimAll(scene, runs, me);
    },
  },
];

async function queued(scene: Scene, runs: readonly NewRun[]): Promise<void> {
  await scene.store.submit(runs);
}

async function heldBy(scene: Scene, runs: readonly NewRun[], holder: WorkerId): Promise<void> {
  await scene.store.submit(runs.map((run) => ({ ...run, holder })));
}

async function handedBackBy(scene: Scene, runs: readonly NewRun[], { me }: Workers): Promise<void> {
  await heldBy(scene, runs, me);
  await scene.recorded(me, ...runs.map(({ id }) => handedBack({ run: id, epoch: 1 })));
}

async function parkedBy(scene: Scene, runs: readonly NewRun[], { me }: Workers): Promise<void> {
  await heldBy(scene, runs, me);
  await scene.recorded(me, ...runs.map(({ id }) => suspended({ run: id, epoch: 1 })));
}

/** Epoch 2: the first holder is gone. */
async function taken(scene: Scene, runs: readonly NewRun[]): Promise<void> {
  const gone = await scene.worker({ node: 'gone' });
  await heldBy(scene, runs, gone);
  await scene.bury(gone, false); // else all are suspect, and claimed one at a time
}

async function claimAll(scene: Scene, runs: readonly NewRun[], worker: WorkerId): Promise<void> {
  const { claims } = await scene.claim(worker, { jobs: ['table'], free: runs.length });
  if (claims.length !== runs.length) throw new Error(`claimed ${claims.length} of ${runs.length}`);
}
