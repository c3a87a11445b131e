import { defineJob, type AnyJob, type JobOptions } from '../../src/job/define.ts';
import type { JobContext } from '../../src/job/context.ts';
import type { JobReference } from '../../src/job/reference.ts';
import type { RunId } from '../../src/job/run.ts';
import type { FinalState } from '../../src/job/state.ts';
import type { Clock } from '../../src/std/clock.ts';
import { play, type Stage } from './play.ts';
import type { Program } from './program.ts';

export type JobName = 'plain' | 'patient' | 'called' | 'limited';

/** What the jobs of one worker are made of. */
export interface Troupe {
  readonly clock: Clock;
  readonly isDead: () => boolean;
  /** Of the attempt that has just begun. */
  readonly epochOf: (run: RunId) => number;
  readonly begin: (run: RunId, epoch: number, step: string) => void;
  readonly told: (run: RunId, epoch: number, step: string, value: unknown) => void;
  readonly calledBack: (ended: { readonly run: RunId; readonly state: FinalState }) => void;
  readonly kills: Stage['kills'];
  readonly unique: Stage['unique'];
}

/** The same four jobs on each worker: they play what is in their input. */
export function createJobs(troupe: Troupe): AnyJob[] {
  const jobs = new Map<JobName, AnyJob>();
  const add = (name: JobName, options: Partial<JobOptions<undefined, unknown, never>>): void => {
    const run = (context: JobContext<unknown, never>): Promise<unknown> => perform(context, troupe, jobs);
    jobs.set(name, defineJob({ name, maxCrashes: 6, ...options, run } as never));
  };
  const retry = { attempts: 3, delay: 2_000, jitter: 0.5 };
  add('plain', {});
  add('patient', { retry });
  add('called', { retry: { ...retry, attempts: 2 }, queue: 'other' });
  add('limited', { retry, timeout: 4_000, deadline: 40_000, grace: 1_000, maxCrashes: 2 });
  const onEnd = async (ended: { run: { id: RunId }; state: FinalState }): Promise<void> => {
    if (troupe.isDead()) await new Promise(() => undefined);
    troupe.calledBack({ run: ended.run.id, state: ended.state });
  };
  const called = jobs.get('called') as AnyJob;
  jobs.set('called', { ...called, callbacks: { onSuccess: onEnd, onFailure: onEnd } });
  return [...jobs.values()];
}

async function perform(
  { input, step, run, log, signal, attempt }: JobContext<unknown, never>,
  troupe: Troupe,
  jobs: ReadonlyMap<JobName, AnyJob>,
): Promise<unknown> {
  const { body, throws } = input as Program;
  const { clock, kills, unique, isDead } = troupe;
  const epoch = troupe.epochOf(run.id);
  log.info('begins');
  await play(body, {
    step,
    signal,
    clock,
    kills: (name, times) => kills(`${run.id} ${name}`, times),
    unique,
    jobOf: (name) => jobs.get(name) as unknown as JobReference<Program>,
    async begin(name) {
      if (isDead()) await new Promise(() => undefined);
      troupe.begin(run.id, epoch, name);
    },
    told(name, value) {
      if (!isDead()) troupe.told(run.id, epoch, name, value);
    },
  });
  if (attempt <= throws) throw new Error(`attempt ${attempt} failed`);
  return unique('end');
}
