import type { CommandApp } from '../app/command-app.ts';
import type { RunFilter } from '../app/client/many-runs.ts';
import { nearest } from '../job/name.ts';
import { isRunState, isTrigger, runStates, type RunState } from '../job/state.ts';
import { usage } from './arguments/flag.ts';
import type { Flags } from './arguments/flags.ts';
import { readInstant } from './arguments/instant.ts';

/** `--job --state --trigger --key --since`; every one given must hold. @throws USAGE for a state or an instant that is none */
export async function readFilter(flags: Flags, app: CommandApp): Promise<RunFilter> {
  const states = flags
    .list('state')
    .flatMap((list) => list.split(','))
    .map((name) => readState(name.trim()));
  const [job, trigger, key, since] = ['job', 'trigger', 'key', 'since'].map((name) => flags.text(name));
  return {
    ...(job !== undefined && { job: await jobNamed(job, app) }),
    ...(states.length > 0 && { states }),
    ...(trigger !== undefined && isTrigger(trigger) && { trigger }),
    ...(key !== undefined && { key }),
    ...(since !== undefined && { since: readInstant(since, Date.now(), '--since') }),
  };
}

/** The name as it is stored: `HelloWorld` means `hello-world` here too, where that job is known. */
async function jobNamed(name: string, app: CommandApp): Promise<string> {
  await app.jobs.load();
  return app.jobs.registry.find(name)?.name ?? name;
}

function readState(name: string): RunState {
  if (isRunState(name)) return name;
  const near = nearest(name, runStates);
  return usage(`--state is one of ${runStates.join(', ')}, not '${name}'${near ? `; did you mean ${near}?` : ''}`);
}
