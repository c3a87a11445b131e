import type { Run, StepRecord } from '../../job/run.ts';
import { isFinal } from '../../job/state.ts';
import type { Pause } from '../../ports/inspector.ts';
import type { WorkerView } from '../../ports/store-worker.ts';
import { formatDuration } from '../../std/duration.ts';

/** Why a run is not running: one reason, in words, and what to do about it. */
export interface Explanation {
  readonly reason:
    | 'ended'
    | 'running'
    | 'waiting'
    | 'not due'
    | 'paused'
    | 'no worker'
    | 'workers busy'
    | 'suspect'
    | 'next';
  readonly text: string;
  readonly remedy: string | null;
}

/** The first reason that holds, from the most certain to the least. Pure. */
export function explain(run: Run, workers: readonly WorkerView[], pauses: readonly Pause[], now: number): Explanation {
  if (isFinal(run.state)) return { reason: 'ended', text: `it has ended: ${run.state}`, remedy: null };
  if (run.state === 'running') return running(run, now);
  const pause = pauses.find(({ type, name }) =>
    type === 'job' ? name === run.job : type === 'queue' && name === run.queue,
  );
  if (pause) return paused(pause);
  if (run.state === 'waiting') return waiting(run, now);
  if (run.dueAt !== null && run.dueAt > now) {
    const why = run.error ? `; attempt ${run.attempt - 1} failed: ${run.error.message}` : '';
    return { reason: 'not due', text: `it is due in ${formatDuration(run.dueAt - now)}${why}`, remedy: null };
  }
  return claimable(run, workers, pauses);
}

const commands = { job: 'jobs', queue: 'queue', schedule: 'schedule', node: 'nodes' } as const;

function paused({ type, name, reason, actor, until }: Pause): Explanation {
  const why = reason === null ? '' : `: ${reason}`;
  const end = until === null ? '' : ` until ${new Date(until).toISOString()}`;
  return {
    reason: 'paused',
    text: `the ${type} ${name} was paused by ${actor}${end}${why}`,
    remedy: `onejob ${commands[type]} resume ${name}`,
  };
}

/**
 * The store knows which waits have begun, not whether something executes beside them: a run that only waits is held
 * until it parks, and the sleep that lost a race stays open while the run goes on.
 */
function running(run: Run, now: number): Explanation {
  const open = (run.steps ?? []).flatMap((step) => openWait(step, now) ?? []).join(', ');
  const waits = `; unless something of it executes, it waits for ${open}, and its handler is kept there until it parks`;
  const text = `it is running on ${run.node ?? 'a worker'}, attempt ${run.attempt}${open === '' ? '' : waits}`;
  return { reason: 'running', text, remedy: null };
}

function openWait({ key, kind, state, resumeAt, child }: StepRecord, now: number): string | null {
  if (state !== 'running') return null;
  const leftMs = resumeAt === null ? null : resumeAt - now;
  const left = leftMs === null ? '' : ` for ${formatDuration(Math.max(0, leftMs))} more`;
  if (kind === 'sleep') return `${key} (a sleep${left})`;
  if (kind === 'wait') return `${key} (an event${left})`;
  if (kind === 'child') return `${key} (the run ${child})`;
  return leftMs !== null && leftMs > 0 ? `${key} (its next try, in ${formatDuration(leftMs)})` : null;
}

function waiting(run: Run, now: number): Explanation {
  const what = run.waitingFor.join(', ') || 'a word from outside';
  const wake = run.dueAt === null ? '' : `, at the latest in ${formatDuration(Math.max(0, run.dueAt - now))}`;
  const event = run.waitingFor.map((text) => text.match(/: event (.+)$/)?.[1]).find((name) => name !== undefined);
  return {
    reason: 'waiting',
    text: `it waits for ${what}${wake}`,
    remedy: event === undefined ? null : `onejob runs send ${run.id} ${event} --data JSON`,
  };
}

function claimable(run: Run, workers: readonly WorkerView[], pauses: readonly Pause[]): Explanation {
  const able = workers.filter(({ jobs, slots }) => slots > 0 && jobs.includes(run.job));
  if (able.length === 0) {
    const left = run.crashes > 0 || run.isSuspect ? 'the process that ran it was killed, and ' : '';
    return {
      reason: 'no worker',
      text: `${left}no living worker knows the job ${run.job}`,
      remedy: 'onejob start, where the job is known',
    };
  }
  const drained = pauses.find(({ type, name }) => type === 'node' && able.every(({ node }) => node === name));
  if (drained) return paused(drained);
  const free = able.filter(({ load, slots }) => load < slots);
  if (free.length === 0) {
    const nodes = able.map(({ node, load, slots }) => `${node} ${load}/${slots}`).join(', ');
    return { reason: 'workers busy', text: `all workers that know the job are busy (${nodes})`, remedy: null };
  }
  if (run.isSuspect) {
    const text =
      'its worker crashed while it ran, perhaps because of it; of such runs each worker executes one at a time';
    return { reason: 'suspect', text, remedy: null };
  }
  return { reason: 'next', text: 'a free worker takes it at its next look, within about a second', remedy: null };
}
