import type { IncomingMessage } from 'node:http';
import type { Right } from '../app/options.ts';

/** What the guards of `createHandler` leave for the routes. */
export interface Env {
  Variables: {
    /** What the caller may do; null when it did not say who it is, and had to. */
    rights: ReadonlySet<Right> | null;
    /** Who asks, for the record. */
    actor: string;
  };
  Bindings: {
    /** The request as Node has it, where our own server took it. */
    incoming?: IncomingMessage | undefined;
  };
}
