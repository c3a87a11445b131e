import type { CommandModule } from './call.ts';
import type { Command } from './command.ts';

/** Imports the code of one command; that of the others is never read. */
export function loadCommand({ path }: Command): Promise<CommandModule> {
  const load = loaders[path.join(' ')];
  if (!load) throw new Error(`the command ${path.join(' ')} has no code`);
  return load();
}

const loaders: Readonly<Record<string, () => Promise<CommandModule>>> = {
  run: () => import('./commands/run.ts'),
  enqueue: () => import('./commands/enqueue.ts'),
  start: () => import('./commands/start.ts'),
  list: () => import('./commands/jobs-list.ts'),
  show: () => import('./commands/jobs-show.ts'),
  'jobs list': () => import('./commands/jobs-list.ts'),
  'jobs show': () => import('./commands/jobs-show.ts'),
  'jobs pause': () => import('./commands/jobs-pause.ts'),
  'jobs resume': () => import('./commands/jobs-resume.ts'),
  'runs list': () => import('./commands/runs-list.ts'),
  'runs show': () => import('./commands/runs-show.ts'),
  'runs logs': () => import('./commands/runs-logs.ts'),
  'runs wait': () => import('./commands/runs-wait.ts'),
  'runs cancel': () => import('./commands/runs-cancel.ts'),
  'runs retry': () => import('./commands/runs-retry.ts'),
  'runs restart': () => import('./commands/runs-restart.ts'),
  'runs send': () => import('./commands/runs-send.ts'),
  'runs explain': () => import('./commands/runs-explain.ts'),
  'nodes drain': () => import('./commands/nodes-drain.ts'),
  'nodes list': () => import('./commands/nodes-list.ts'),
  'nodes resume': () => import('./commands/nodes-resume.ts'),
  'queue pause': () => import('./commands/queue-pause.ts'),
  'queue resume': () => import('./commands/queue-resume.ts'),
  stats: () => import('./commands/stats.ts'),
  'db migrate': () => import('./commands/db-migrate.ts'),
  'db status': () => import('./commands/db-status.ts'),
  'db prune': () => import('./commands/db-prune.ts'),
  'db backup': () => import('./commands/db-backup.ts'),
  'db restore': () => import('./commands/db-restore.ts'),
  'db import': () => import('./commands/db-import.ts'),
  config: () => import('./commands/config.ts'),
  doctor: () => import('./commands/doctor.ts'),
  completion: () => import('./commands/completion.ts'),
  version: () => import('./commands/version.ts'),
  help: () => import('./commands/help.ts'),
  __complete: () => import('./commands/complete.ts'),
};
