import { OnejobError } from '../../src/job/errors.ts';
import type { Entry } from '../../src/ports/store-entry.ts';
import type { Store } from '../../src/ports/store.ts';
import type { Target } from './plan.ts';

/** A call of a worker that has not been answered yet. */
export interface HeldCall {
  readonly worker: number;
  readonly method: keyof Store;
  readonly args: readonly unknown[];
  readonly askedAt: number;
  /** Not to be carried out, or not to be answered, before this step of the scheduler. */
  notBefore: number;
  /** What the store said, where it has carried the call out already. */
  done: Done | undefined;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export type Done = { readonly answer: unknown } | { readonly error: unknown };

/** All calls of all workers, in the order in which they were made: each waits until somebody carries it out. */
export class HeldCalls {
  #held: HeldCall[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get held(): readonly HeldCall[] {
    return this.#held;
  }

  /** The store as a worker sees it. Nothing that a dead one asks for is heard. */
  storeOf(worker: number, real: Store, isDead: () => boolean): Store {
    const hold = (method: keyof Store, args: readonly unknown[]): Promise<unknown> =>
      new Promise((resolve, reject) => {
        if (isDead()) return;
        const call = { worker, method, args, askedAt: this.#now(), notBefore: 0, done: undefined, resolve, reject };
        this.#held.push(call);
      });
    return new Proxy(real, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) =>
          hold(name as keyof Store, name === 'registerWorker' ? [elsewhere(args[0], worker)] : args);
      },
    });
  }

  remove(call: HeldCall): void {
    this.#held.splice(this.#held.indexOf(call), 1);
  }

  /** What a worker had asked for, which nobody waits for any more. */
  takeOf(worker: number): HeldCall[] {
    const gone = this.#held.filter((call) => call.worker === worker);
    this.#held = this.#held.filter((call) => call.worker !== worker);
    return gone;
  }
}

/** What the caller of a store hears that is away, or that was away before its answer came. */
export function away(): OnejobError {
  return new OnejobError('STORE_UNAVAILABLE', 'the store is away');
}

/** Is it what a fault is aimed at? */
export function isTarget({ method, args }: HeldCall, target: Target): boolean {
  if (method !== 'record') return method === target;
  const { entries } = args[0] as { entries: readonly Entry[] };
  return entries.some(({ kind }) => kind === target);
}

/** All workers live in this process. To each other they are on machines of their own. */
function elsewhere(registration: unknown, worker: number): unknown {
  const identity = { host: `host-${worker}`, bootId: '', pidSpace: '', pid: 1, pidStart: '' };
  return { ...(registration as object), identity };
}
