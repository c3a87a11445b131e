import type { App } from '../app/app.ts';
import { readFailure } from '../job/failure.ts';
import type { Call } from './call.ts';

/**
 * `--debug-port N`: answers what is asked of this process while its job runs (contract GJ-10). Where that cannot be, it
 * is said and the job runs all the same. Returns the way to end it. HTTP is loaded only here.
 */
export async function openDebugPort({ flags, terminal }: Call, app: App): Promise<() => Promise<void>> {
  const port = flags.whole('debug-port');
  if (port === undefined) return () => Promise.resolve();
  const host = app.config.options.http?.host ?? '127.0.0.1';
  try {
    const { serveDebug } = await import('../http/debug/debug-server.ts');
    const server = await serveDebug(app, { host, port });
    terminal.info(`debugging on ${server.url}`);
    return () => server.close();
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'the port is taken' : messageOf(error);
    terminal.complain(`onejob: warning: no debugging on ${host}:${port}: ${why}; the job runs without it`);
    return () => Promise.resolve();
  }
}

function messageOf(error: unknown): string {
  return readFailure(error).failure.message;
}
