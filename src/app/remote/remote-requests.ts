import type { RunRequest } from '../../intake/run-request.ts';
import { OnejobError } from '../../job/errors.ts';
import type { InputOf, JobReference, OutputOf } from '../../job/reference.ts';
import type { Client, EnqueueOptions } from '../client/client.ts';
import { RunHandle, type Follower } from '../client/run-handle.ts';
import { enqueueOn } from './enqueue-on.ts';
import type { ServerLink } from './server-link.ts';

/** How a client of a server asks for runs. */
export function createRemoteRequests(link: ServerLink, follower: Follower): Pick<Client, 'enqueue' | 'enqueueMany'> {
  async function enqueue<J extends JobReference = JobReference<unknown>>(
    job: J | string,
    input?: InputOf<J>,
    options: EnqueueOptions = {},
  ): Promise<RunHandle<OutputOf<J>>> {
    const [handle] = await enqueueMany<J>(job, [{ ...options, input: input as InputOf<J> }], options);
    return handle as RunHandle<OutputOf<J>>;
  }

  async function enqueueMany<J extends JobReference = JobReference<unknown>>(
    job: J | string,
    items: readonly (EnqueueOptions & { input: InputOf<J> })[],
    { tx }: { tx?: unknown } = {},
  ): Promise<RunHandle<OutputOf<J>>[]> {
    if (tx !== undefined) {
      throw new OnejobError('USAGE', 'a transaction cannot reach a server: it is one of the store', {
        hint: 'createClient({ store }) takes part in it',
      });
    }
    const requests = items.map(({ tx: _, ...item }): RunRequest => ({ trigger: 'api', ...item, job }));
    const answers = await enqueueOn(link, requests);
    return answers.map((run) => new RunHandle(follower, run, run.created));
  }

  return { enqueue, enqueueMany };
}
