import type { RunId } from '../../job/run.ts';
import { isFinal } from '../../job/state.ts';
import type { Entry } from '../../ports/store-entry.ts';
import type { Store } from '../../ports/store.ts';

interface Listener {
  /** Whether anybody is to be told. If not, telling costs nothing. */
  isObserved(): boolean;
  changed(runs: readonly RunId[]): void;
  /** Called with the changed runs that may have ended, whether anybody observes changes or not. */
  ended(runs: readonly RunId[]): void;
}

/**
 * Wraps a store: after each call that has committed it says which runs were changed. Clients, the engine and rescuers
 * all call this one, so nothing that changes a run is left out.
 */
export function observedStore(store: Store, { isObserved, changed, ended }: Listener): Store {
  const report = (runs: () => readonly RunId[]): void => {
    if (isObserved()) changed(runs());
  };
  const tellEnded = (runs: readonly RunId[]): void => {
    if (runs.length > 0) ended(runs);
  };
  const observing = Object.assign(Object.create(store) as Store, {
    async submit(runs: Parameters<Store['submit']>[0], options?: Parameters<Store['submit']>[1]) {
      const answers = await store.submit(runs, options);
      report(() => answers.flatMap(({ verdict, run }) => (verdict === 'created' ? [run.id] : [])));
      return answers;
    },
    async claim(request: Parameters<Store['claim']>[0]) {
      const claimed = await store.claim(request);
      report(() => claimed.claims.map(({ run }) => run));
      return claimed;
    },
    async reclaim(claim: Parameters<Store['reclaim']>[0]) {
      const claimed = await store.reclaim(claim);
      report(() => claimed.claims.map(({ run }) => run));
      return claimed;
    },
    async record(batch: Parameters<Store['record']>[0]) {
      const verdicts = await store.record(batch);
      tellEnded(batch.entries.filter((entry, i) => mayEnd(entry) && verdicts[i] !== 'stale').map(({ run }) => run));
      report(() =>
        batch.entries.flatMap((entry) =>
          entry.kind === 'try' && entry.child ? [entry.run, entry.child.id] : [entry.run],
        ),
      );
      return verdicts;
    },
    async append(batch: Parameters<Store['append']>[0]) {
      const verdicts = await store.append(batch);
      report(() => [...batch.chunks, ...batch.progress].map(({ run }) => run));
      return verdicts;
    },
    async act(actions: Parameters<Store['act']>[0]) {
      const answers = await store.act(actions);
      tellEnded(answers.flatMap(({ run, state }) => (run !== null && state !== null && isFinal(state) ? [run] : [])));
      report(() => answers.flatMap(({ run }) => run ?? []));
      return answers;
    },
    async evict(targets: Parameters<Store['evict']>[0]) {
      const taken = await store.evict(targets);
      tellEnded(taken.flat());
      report(() => taken.flat());
      return taken;
    },
    async fire(fires: Parameters<Store['fire']>[0]) {
      const verdicts = await store.fire(fires);
      tellEnded(fires.flatMap(({ cancels }) => cancels));
      report(() => fires.flatMap(({ runs, cancels }) => [...runs.map(({ id }) => id), ...cancels]));
      return verdicts;
    },
  } satisfies Partial<Store>);
  // The rest goes to the store itself, whose methods know only their own object.
  return new Proxy(observing, {
    get(_, name) {
      if (Object.hasOwn(observing, name)) return observing[name as keyof Store];
      const value: unknown = Reflect.get(store, name, store);
      return typeof value === 'function' ? (value.bind(store) as unknown) : value;
    },
  });
}

/** An entry that lets go of a run may find it cancelled. */
function mayEnd({ kind }: Entry): boolean {
  return kind !== 'step' && kind !== 'try';
}
