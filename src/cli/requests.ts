import type { CommandApp } from '../app/command-app.ts';
import type { RunRequest } from '../intake/run-request.ts';
import type { AnyJob } from '../job/define.ts';
import { hasCode, OnejobError } from '../job/errors.ts';
import { nearest } from '../job/name.ts';
import { readBody } from './arguments/body.ts';
import { usage } from './arguments/flag.ts';
import { readHeaders } from './arguments/header.ts';
import { fieldsOf, type Fields } from './arguments/job-fields.ts';
import { readJobInput } from './arguments/job-input.ts';
import { readParams } from './arguments/params.ts';
import { commandNames } from './arguments/read-line.ts';
import type { Call } from './call.ts';
import { everywhere } from './our-flags.ts';

/**
 * What a command line asks for, a request per job, in the order of the names (contracts EGO-1 to EGO-6). Needs the
 * jobs loaded.
 * @throws JOB_UNKNOWN, USAGE, INPUT_INVALID before anything has started
 */
export async function readRequests(call: Call, app: CommandApp): Promise<RunRequest[]> {
  const { flags } = call;
  const jobs = jobNames(call).map((name) => findJob(call, app, name));
  const unique = [...new Set(jobs)];
  const params = flags.text('params');
  const args = params === undefined ? undefined : readParams(params);
  const hasBody = flags.has('data') || flags.has('job-data');
  const headers = flags.list('header').flatMap(readHeaders);
  const fields = unique.map(fieldsOf);
  const ours = [...everywhere, ...call.command.flags];
  const inputs = unique.map((job, index) => {
    const others = fields.filter((each, other): each is Fields => each !== null && other !== index);
    return readJobInput(job, { tail: call.tail, behind: call.behind, ours, others }, { args, hasBody });
  });
  const body = await readBody(flags);
  return unique.map((job, index) => ({
    job: job.name,
    trigger: 'cli',
    input: inputs[index]?.input,
    args: inputs[index]?.args ?? [],
    headers,
    ...optional({
      body,
      key: flags.text('key'),
      delay: flags.duration('delay'),
      priority: flags.whole('priority'),
      timeout: flags.duration('timeout'),
    }),
  }));
}

/** The names, trimmed, each once. @throws USAGE where there is none */
export function jobNames({ flags, positionals, command }: Call): string[] {
  const lists = flags.has('job') ? flags.list('job') : positionals.slice(0, 1);
  const names = lists.flatMap((list) => list.split(',')).map((name) => name.trim());
  const unique = [...new Set(names.filter(Boolean))];
  if (unique.length > 0) return unique;
  return usage(`onejob ${command.path.join(' ')} needs the name of a job`, 'onejob list shows the jobs');
}

/** @throws JOB_UNKNOWN; where no command was named either, with the nearest command as well */
export function findJob(call: Call, app: CommandApp, name: string): AnyJob {
  try {
    return app.jobs.registry.get(name);
  } catch (error) {
    if (!hasCode(error, 'JOB_UNKNOWN')) throw error;
    const unknown = error as OnejobError;
    const { problems } = app.jobs;
    const command = call.implicit && !call.flags.has('job') ? nearest(name, commandNames()) : undefined;
    const { known } = unknown.data as { known: readonly string[] };
    const message = command
      ? `onejob has no command ${name}, and no job is called so; did you mean onejob ${command}?`
      : unknown.message;
    const broken = problems.length > 0 ? `; ${problems.length} job file(s) could not be loaded` : '';
    const hint =
      known.length === 0 ? 'there are no jobs here yet: onejob looks in jobs/, or where --jobs says' : unknown.hint;
    throw new OnejobError('JOB_UNKNOWN', message, { hint: `${hint ?? ''}${broken}`, data: unknown.data });
  }
}

type Flags<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Leaves out what is not there. */
function optional<T extends Record<string, unknown>>(values: T): Flags<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Flags<T>;
}
