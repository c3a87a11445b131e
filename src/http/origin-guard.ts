import { OnejobError } from '../job/errors.ts';
import type { Guard } from './guard.ts';

/**
 * Keeps pages of other sites, open in a browser on this machine, from asking in its name: whoever reaches a loopback
 * address by a name of his own (DNS rebinding), and whoever writes from another origin. Programs send no `Origin`.
 * @throws FORBIDDEN
 */
export function guardOrigin({ isLoopback = false }: { isLoopback?: boolean }): Guard {
  return (context) => {
    const host = context.req.header('host');
    if (isLoopback && !isLocalName(host)) {
      throw new OnejobError('FORBIDDEN', `this server is for this machine only, and does not answer for ${host}`, {
        hint: 'ask for 127.0.0.1 or localhost, or give the server a token and an address that others reach',
      });
    }
    const origin = context.req.header('origin');
    const reads = context.req.method === 'GET' || context.req.method === 'HEAD';
    // Whoever shows a token was given it; a browser adds none by itself.
    const shows = context.req.header('authorization') !== undefined;
    if (!reads && !shows && origin !== undefined && hostOf(origin) !== host) {
      throw new OnejobError('FORBIDDEN', `pages of ${origin} may not write here`);
    }
  };
}

/** A client without `Host` is none that a browser speaks for. */
function isLocalName(host: string | undefined): boolean {
  return host === undefined || /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i.test(host);
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
