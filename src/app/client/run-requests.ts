import type { Intake } from '../../intake/intake.ts';
import type { RunRequest } from '../../intake/run-request.ts';
import type { InputOf, JobReference, OutputOf } from '../../job/reference.ts';
import type { Client, EnqueueOptions } from './client.ts';
import { RunHandle, type Follower } from './run-handle.ts';

/** How a client of a store asks for runs. */
export interface RunRequests extends Pick<Client, 'enqueue' | 'enqueueMany'> {
  /** `enqueueMany` of any jobs. */
  request<Output>(requests: readonly RunRequest[], options?: { tx?: unknown }): Promise<RunHandle<Output>[]>;
}

export function createRunRequests(intake: Intake, follower: Follower): RunRequests {
  async function request<Output>(
    requests: readonly RunRequest[],
    options: { tx?: unknown } = {},
  ): Promise<RunHandle<Output>[]> {
    const answers = await intake.submit(requests, options);
    return answers.map(({ verdict, run }) => new RunHandle(follower, run, verdict === 'created'));
  }

  return {
    request,

    async enqueue<J extends JobReference = JobReference<unknown>>(
      job: J | string,
      input?: InputOf<J>,
      options: EnqueueOptions = {},
    ): Promise<RunHandle<OutputOf<J>>> {
      const [handle] = await request<OutputOf<J>>([requestOf(job, { ...options, input })], options);
      return handle as RunHandle<OutputOf<J>>;
    },

    async enqueueMany<J extends JobReference = JobReference<unknown>>(
      job: J | string,
      items: readonly (EnqueueOptions & { input: InputOf<J> })[],
      options: { tx?: unknown } = {},
    ): Promise<RunHandle<OutputOf<J>>[]> {
      return request<OutputOf<J>>(
        items.map((item) => requestOf(job, item)),
        options,
      );
    },
  };
}

/** One by one: what else a caller without types may have put in is not passed on. */
function requestOf(job: JobReference | string, item: EnqueueOptions & { readonly input?: unknown }): RunRequest {
  const { input, trigger = 'api', key, delay, priority, args, headers, body, timeout } = item;
  return { job, input, trigger, key, delay, priority, args, headers, body, timeout };
}
