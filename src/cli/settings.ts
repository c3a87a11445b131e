import { loadConfig, type LoadedConfig } from '../app/config/config.ts';
import { OnejobError } from '../job/errors.ts';
import type { Flags } from './arguments/flags.ts';
import type { Command } from './command.ts';

/** The configuration as this command line sees it. @throws CONFIG_INVALID */
export async function loadSettings(flags: Flags): Promise<LoadedConfig> {
  const config = await loadConfig({
    flags: {
      config: flags.text('config'),
      store: flags.text('store'),
      jobs: flags.text('jobs'),
      plugins: flags.text('plugins'),
      node: flags.text('node'),
      url: flags.text('url'),
      token: flags.text('token'),
      logLevel: flags.text('log-level'),
      logFormat: flags.text('log-format'),
      logDir: flags.text('log-dir'),
      host: flags.text('host'),
      port: flags.text('port'),
      concurrency: flags.text('concurrency'),
      onStall: flags.text('on-stall'),
      roles: flags.has('roles') ? flags.list('roles').join(',') : undefined,
      insecure: flags.has('insecure') ? flags.on('insecure') : undefined,
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
