import type { CommandApp } from '../app/command-app.ts';
import { jobTarget, type JobKnower } from '../app/job-target.ts';
import { pauseView } from '../app/views/json-views.ts';
import type { Pause } from '../ports/inspector.ts';
import { usage } from './arguments/flag.ts';
import { readInstant } from './arguments/instant.ts';
import type { Call } from './call.ts';
import { formatLocal } from './print/time.ts';
import { withApp } from './session.ts';

/** What can be paused from the terminal. */
export interface Target {
  readonly type: 'job' | 'queue' | 'node';
  readonly name: string;
}

/** Nothing of it is claimed, on all nodes, until it is resumed or `--until` (contract VT-22). */
export function pause(call: Call, target: (app: CommandApp) => Promise<Target>): Promise<number> {
  const { terminal, flags } = call;
  return withApp(call, async ({ app }) => {
    const { type, name } = await target(app);
    const reason = flags.text('reason');
    const until = readUntil(flags.text('until'));
    await app.client.pause({ type, name }, { ...(reason !== undefined && { reason }), ...(until && { until }) });
    const pause = (await app.client.pauses()).find((each) => each.type === type && each.name === name);
    if (terminal.json) terminal.outJson({ v: 1, type, name, paused: pause ? pauseView(pause) : null });
    const end = until ? ` until ${formatLocal(until.getTime())}` : '';
    const is = type === 'node' ? 'is drained' : 'is paused';
    terminal.info(`the ${type} ${name} ${is}${end}; what runs goes on. ${resumeLine({ type, name })} ends it`);
    return 0;
  });
}

export function resume(call: Call, target: (app: CommandApp) => Promise<Target>): Promise<number> {
  const { terminal } = call;
  return withApp(call, async ({ app }) => {
    const { type, name } = await target(app);
    const was = (await app.client.pauses()).some((each) => each.type === type && each.name === name);
    await app.client.resume({ type, name });
    if (terminal.json) terminal.outJson({ v: 1, type, name, paused: null });
    terminal.info(
      was ? `the ${type} ${name} goes on` : `the ${type} ${name} was not ${type === 'node' ? 'drained' : 'paused'}`,
    );
    return 0;
  });
}

/** @throws JOB_UNKNOWN */
export async function jobNamed(app: JobKnower, name: string): Promise<Target> {
  return { type: 'job', name: await jobTarget(app, name) };
}

/** `by ann until 2026-01-31 08:00:00: the shop moves` */
export function pauseText({ actor, until, reason }: Pause): string {
  const end = until === null ? '' : ` until ${formatLocal(until)}`;
  return `by ${actor}${end}${reason === null ? '' : `: ${reason}`}`;
}

function resumeLine({ type, name }: Target): string {
  const command = { job: 'jobs', queue: 'queue', node: 'nodes' }[type];
  return `onejob ${command} resume ${name}`;
}

function readUntil(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const now = Date.now();
  const instant = readInstant(text, now, '--until', 'ahead');
  if (instant > now) return new Date(instant);
  return usage(`--until: '${text}' has passed`);
}
