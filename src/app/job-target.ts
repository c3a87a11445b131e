import { OnejobError } from '../job/errors.ts';
import { nearest } from '../job/name.ts';
import type { Client } from './client/client.ts';
import type { Jobs } from './job-catalog.ts';

/** The part of an app that knows a job by its name. */
export interface JobKnower {
  readonly client: Client;
  readonly jobs: Jobs;
}

/**
 * The name of the job that is meant. One that is not here may be known elsewhere: to a worker, to the store; else a slip
 * of the pen would pause nothing, and nobody would notice. @throws JOB_UNKNOWN
 */
export async function jobTarget(app: JobKnower, name: string): Promise<string> {
  const { client } = app;
  const { registry } = app.jobs;
  await app.jobs.load();
  const here = registry.find(name)?.name;
  if (here !== undefined) return here;
  const [workers, pauses, runs] = await Promise.all([
    client.workers(),
    client.pauses(),
    client.list({ job: name, limit: 1 }),
  ]);
  const elsewhere = new Set(workers.flatMap(({ jobs }) => jobs));
  const isKnown = elsewhere.has(name) || pauses.some((pause) => pause.name === name) || runs.items.length > 0;
  if (isKnown) return name;
  const near = nearest(name, [...registry.names(), ...elsewhere]);
  throw new OnejobError('JOB_UNKNOWN', `no job is called ${name}${near ? `; did you mean ${near}?` : ''}`, {
    hint: 'neither here, nor does a worker know it, nor has it ever run',
  });
}
