import type { Store } from '../../src/ports/store.ts';
import type { WorkerId } from '../../src/ports/store-worker.ts';
import type { NewRun } from '../../src/ports/store-submit.ts';
import type { Action } from '../../src/ports/store-action.ts';
import type { Entry } from '../../src/ports/store-entry.ts';
import {
  cancelOf,
  childOf,
  ended,
  registration,
  failed,
  handedBack,
  newRun,
  retryOf,
  stepBegun,
  stepDone,
  suspended,
} from '../../src/testing/store-contract/harness/builders.ts';

/**
 * One round of calls that change the same trees of runs from both of their ends, all at the same time: parents that fail
 * in one group, their children that end in another, people who cancel and retry them, an eviction of who holds the rest.
 */
export async function crossTrees([first, second]: readonly [Store, Store], round: number): Promise<void> {
  const [mother, nurse, dead] = [await registered(first), await registered(second), await registered(first)];
  const trees = Array.from({ length: 40 }, () => treeOf(mother, nurse, dead));
  await first.submit(trees.flatMap(({ parent, child, grandchild, orphan }) => [parent, child, grandchild, orphan]));
  const parents = trees.flatMap(({ parent }, n) => byTurns(n + round, parent, nurse));
  const children = trees.flatMap(({ child }, n) => byTurns(n + 1, child, mother));
  const people: Action[] = trees.flatMap(({ child, orphan, parent }, n) =>
    n % 4 === 0 ? [cancelOf(orphan.id)] : n % 4 === 1 ? [cancelOf(child.id)] : n % 4 === 2 ? [cancelOf(parent.id)] : [],
  );
  await Promise.all([
    first.record({ worker: mother, entries: parents }),
    second.record({ worker: nurse, entries: children.toReversed() }),
    second.act(people.toReversed()),
    first.evict([{ id: dead, seenHeartbeat: 0, counted: true }]),
  ]);
  const ids = trees.flatMap(({ parent, child, grandchild, orphan }) =>
    [parent, child, grandchild, orphan].map(({ id }) => id),
  );
  await Promise.all([
    first.act(ids.map((id) => retryOf(id))),
    second.act(ids.toReversed().map((id) => retryOf(id))),
    second.evict([
      { id: nurse, seenHeartbeat: 0, counted: true },
      { id: mother, seenHeartbeat: 0, counted: true },
    ]),
    first.prune({
      policy: { succeededMs: 0, failedMs: 3_600_000, succeededRuns: 0, failedRuns: 1_000_000 },
      limit: 20,
    }),
  ]);
  await Promise.all([first.act(ids.map((id) => cancelOf(id))), second.act(ids.toReversed().map((id) => cancelOf(id)))]);
}

interface Tree {
  readonly parent: NewRun;
  readonly child: NewRun;
  readonly grandchild: NewRun;
  readonly orphan: NewRun;
}

function treeOf(mother: WorkerId, nurse: WorkerId, dead: WorkerId): Tree {
  const parent = newRun({ holder: mother, callbacks: 'both' });
  const root = { run: parent.id, root: parent.id };
  const child = childOf(root, { holder: nurse });
  const grandchild = childOf({ run: child.id, root: parent.id }, { holder: dead, maxCrashes: 1 });
  return { parent, child, grandchild, orphan: childOf(root, { job: 'other' }) };
}

/** What the owner of this run says of it, each time another thing. */
function byTurns(n: number, { id: run }: NewRun, helper: WorkerId): Entry[] {
  const hold = { run, epoch: 1 };
  const child = childOf({ run, root: run }, { holder: helper });
  switch (n % 6) {
    case 0:
      return [failed(hold)];
    case 1:
      return [stepDone(hold, 'a')];
    case 2:
      return [stepBegun(hold, 'c', { type: 'child', child }), failed(hold)];
    case 3:
      return [stepBegun(hold, 'c', { type: 'child', child }), suspended(hold)];
    case 4:
      return [handedBack(hold)];
    default:
      return [ended(hold)];
  }
}

async function registered(store: Store): Promise<WorkerId> {
  const worker = registration();
  await store.registerWorker(worker);
  return worker.id;
}
