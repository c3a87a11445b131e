import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Right } from '../app/config/options.ts';

/** What the guards of `createHandler` leave for the routes. */
export interface Env {
  Variables: {
    /** What the caller may do; null when it did not say who it is, and had to. */
    rights: ReadonlySet<Right> | null;
    /** Who asks, for the record. */
    actor: string;
  };
  Bindings: Partial<NodeSide>;
}

/** The request and its answer as Node has them, where our own server took it. */
export interface NodeSide {
  incoming: IncomingMessage;
  outgoing: ServerResponse;
}
