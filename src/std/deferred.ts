/** A promise with its handles outside. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T | PromiseLike<T>): void;
  reject(reason: unknown): void;
  /** True from the first call of `resolve` or `reject` on. */
  readonly settled: boolean;
}

/** `Promise.withResolvers` (Node 22) for Node 20, which also knows whether it was settled. */
export function createDeferred<T>(): Deferred<T> {
  let settled = false;
  let settle!: { resolve: Deferred<T>['resolve']; reject: Deferred<T>['reject'] };
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return {
    promise,
    resolve(value) {
      settled = true;
      settle.resolve(value);
    },
    reject(reason) {
      settled = true;
      settle.reject(reason);
    },
    get settled() {
      return settled;
    },
  };
}
