import { loadConfig, type LoadedConfig } from '../app/config.ts';
import { OnejobError } from '../job/errors.ts';
import type { Given } from './arguments/given.ts';
import type { Command } from './command.ts';

/** The configuration as this command line sees it. @throws CONFIG_INVALID */
export async function loadSettings(given: Given): Promise<LoadedConfig> {
  const config = await loadConfig({
    flags: {
      config: given.text('config'),
      store: given.text('store'),
      jobs: given.text('jobs'),
      plugins: given.text('plugins'),
      node: given.text('node'),
      url: given.text('url'),
      token: given.text('token'),
      logLevel: given.text('log-level'),
      logFormat: given.text('log-format'),
      logDir: given.text('log-dir'),
      host: given.text('host'),
      port: given.text('port'),
      concurrency: given.text('concurrency'),
      onStall: given.text('on-stall'),
      roles: given.has('roles') ? given.list('roles').join(',') : undefined,
      insecure: given.has('insecure') ? given.on('insecure') : undefined,
    },
    env: process.env,
    cwd: process.cwd(),
  });
  return config;
}

/** What is done here and now needs a store; a server's address cannot stand in for it. @throws CONFIG_INVALID */
export function refuseUrl({ path, remote }: Command, { url }: LoadedConfig): void {
  if (url === null || remote) return;
  const hint =
    path[0] === 'run' ? 'onejob enqueue leaves a run to a server' : 'leave --url out, and name the store with --store';
  throw new OnejobError('CONFIG_INVALID', `onejob ${path.join(' ')} works here, on a store, and not on a server`, {
    hint,
  });
}
