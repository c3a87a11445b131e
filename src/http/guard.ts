import type { Context, MiddlewareHandler } from 'hono';
import type { Env } from './environment.ts';

/** Looks at a request before a route does, leaves there what it found, and throws where it goes no further. */
export type Guard = (context: Context<Env>) => void;

/** Several of them as one step, in this order: each step of Hono costs several promises. */
export function guarded(...guards: readonly Guard[]): MiddlewareHandler<Env> {
  return (context, next) => {
    for (const guard of guards) guard(context);
    return next();
  };
}
