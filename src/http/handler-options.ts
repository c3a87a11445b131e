import type { AuthOptions } from './auth.ts';
import type { DebugOptions } from './debug/index.ts';

/** What every part of the handler is given. */
export interface HandlerOptions extends AuthOptions, DebugOptions {
  /** It is reached by a loopback address only, without a token: names of other hosts are refused. */
  readonly isLoopback?: boolean;
  /** See `HttpOptions`. */
  readonly sameRunId?: 'join' | 'run' | undefined;
}
