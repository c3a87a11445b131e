import type { App } from '../../app/app.ts';
import type { RunningRun } from '../../engine/attempt/running-run.ts';

/** Runs in execution, oldest first, for `/debug/runs`. */
export function runsJson(app: App): object {
  return { v: 1, pid: process.pid, node: app.config.settings.node, runs: oldestFirst(app).map(runJson) };
}

/** The running runs as text, one paragraph each, in the way in which Go prints its goroutines. */
export function runsText(app: App): string {
  const runs = oldestFirst(app);
  return [`${runs.length} runs in execution`, ...runs.map(paragraph)].join('\n\n') + '\n';
}

function oldestFirst(app: App): RunningRun[] {
  return app.running.views.toSorted((a, b) => b.ageMs - a.ageMs);
}

function runJson({ run, isWaiting, ageMs, steps, ...rest }: RunningRun): object {
  return {
    id: run,
    state: isWaiting ? 'waiting' : 'running',
    ...rest,
    ageMs: Math.round(ageMs),
    steps: steps.map((step) => ({ ...step, ageMs: Math.round(step.ageMs) })),
  };
}

function paragraph({ run, job, key, trigger, attempt, isWaiting, ageMs, thread, steps }: RunningRun): string {
  const state = isWaiting ? 'waiting' : 'running';
  const named = key === null ? '' : ` key=${key}`;
  return [
    `run ${run} [${state}, ${seconds(ageMs)}] ${job}${named} attempt=${attempt} trigger=${trigger} thread=${thread}`,
    ...steps.map((step) => `\t${step.kind} ${step.key} [${seconds(step.ageMs)}]`),
  ].join('\n');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
