import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { OnejobError } from '../job/errors.ts';
import { rights as order, type Right, type TokenOptions } from '../app/config/options.ts';
import type { Env } from './environment.ts';
import { guarded, type Guard } from './guard.ts';

export interface AuthOptions {
  /** A caller with this token may do everything. */
  readonly token?: string | undefined;
  readonly tokens?: readonly TokenOptions[] | undefined;
}

/** Finds out what the caller may do. Refuses nobody: that is up to each route, by `demandRight`. */
export function authenticate(options: AuthOptions): Guard {
  const known = [
    ...(options.token === undefined ? [] : [{ token: options.token, rights: ['write'] as const, name: 'http' }]),
    ...(options.tokens ?? []),
  ].map(({ token, rights, name = 'http' }) => ({ digest: digestOf(token), rights: implied(rights), name }));
  const everything = implied(['write']);
  return (context) => {
    if (known.length === 0) {
      context.set('rights', everything);
      context.set('actor', 'http');
      return;
    }
    const shown = /^Bearer +(\S+) *$/i.exec(context.req.header('authorization') ?? '')?.[1];
    const digest = digestOf(shown ?? '');
    // Equal digests, compared in constant time: how long it takes tells nothing of a token.
    const found = shown === undefined ? undefined : known.find((each) => timingSafeEqual(each.digest, digest));
    context.set('rights', found?.rights ?? null);
    context.set('actor', found?.name ?? 'http');
  };
}

/** @throws UNAUTHORIZED without a valid token where one is needed, FORBIDDEN where its rights do not suffice */
export function demandRight(context: Context<Env>, right: Right): void {
  const rights = context.get('rights');
  if (rights?.has(right)) return;
  if (rights) throw new OnejobError('FORBIDDEN', `this token does not have the right ${right}`);
  throw new OnejobError('UNAUTHORIZED', 'a valid token is needed', {
    hint: 'send the header Authorization: Bearer TOKEN',
  });
}

/** A middleware that demands a right in front of a route. */
export function requireRight(right: Right): MiddlewareHandler<Env> {
  return guarded((context) => demandRight(context, right));
}

/** Each right holds those below it. */
function implied(rights: readonly Right[]): ReadonlySet<Right> {
  const max = Math.max(...rights.map((right) => order.indexOf(right)));
  return new Set(order.slice(0, max + 1));
}

/** A digest: it has one length, whatever the length of the token. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
