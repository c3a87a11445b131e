import type { Right } from '../app/options.ts';

/** What the middleware of `createHandler` leaves for the routes. */
export interface Env {
  Variables: {
    /** What the caller may do; null when it did not say who it is, and had to. */
    rights: ReadonlySet<Right> | null;
    /** Who asks, for the record. */
    actor: string;
  };
}
