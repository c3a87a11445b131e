import { OnejobError } from '../../src/job/errors.ts';
import type { Store } from '../../src/ports/store.ts';

/**
 * A store that can be away: while `isAway`, every call is refused as a database that does not answer refuses it; while it
 * `hangs`, none is ever answered.
 */
export interface AwayStore {
  readonly store: Store;
  isAway: boolean;
  hangs: boolean;
}

export function awayStore(inner: Store): AwayStore {
  const away: AwayStore = {
    isAway: false,
    hangs: false,
    store: new Proxy(inner, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => {
          if (away.hangs) return new Promise(() => undefined);
          if (away.isAway) return Promise.reject(new OnejobError('STORE_UNAVAILABLE', 'the store is away'));
          return Reflect.apply(member, target, args);
        };
      },
    }),
  };
  return away;
}
