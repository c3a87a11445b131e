import type { Store } from '../../src/ports/store.ts';

type Method = {
  [M in keyof Store]: Store[M] extends (...args: never[]) => Promise<unknown> ? M : never;
}[keyof Store];

type CallOf<M extends Method> = Store[M] extends (...args: infer Args) => Promise<infer Answer>
  ? { readonly method: M; readonly args: Readonly<Args>; readonly answer: Answer }
  : never;

/** A call that the store has just carried out, whoever hears of it. */
export type Observed = { [M in Method]: CallOf<M> }[Method] & {
  /** The number of the worker that made it; null: somebody outside. */
  readonly worker: number | null;
  /** By the store's clock. */
  readonly now: number;
};
