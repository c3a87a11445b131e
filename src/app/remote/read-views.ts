import type { AnyJob } from '../../job/define.ts';
import { OnejobError } from '../../job/errors.ts';
import { jobBrand } from '../../job/reference.ts';
import type { JsonSchema, Schema } from '../../job/schema.ts';
import { noServices } from '../../job/services.ts';
import type { Pause } from '../../ports/inspector.ts';
import type { WorkerSummary } from '../views/worker-summary.ts';
import type { JobView, LineView, NodeView, PauseView } from '../views/json-views.ts';
import type { TailedLine } from '../client/run-reader.ts';

/* What json-views.ts writes, read back on the other side of a connection. */

/** A job as far as the terminal needs it: its fields become flags here too, its code stays where it is. */
export function jobOfView(view: JobView): AnyJob {
  const { retry, input, positional, short, steps, keyed, ...same } = view;
  return {
    ...same,
    [jobBrand]: true,
    retry: { ...retry, attempts: retry.attempts ?? Number.POSITIVE_INFINITY },
    input: input === null ? undefined : schemaOf(input),
    // Computed where the job is.
    key: keyed ? () => elsewhere(view.name) : undefined,
    cli: { short, positional },
    services: noServices,
    callbacks: null,
    stepNames: steps,
    runner: 'inline',
    run: () => elsewhere(view.name),
  };
}

export function workerOfView({ host, pid, since, ...same }: NodeView): WorkerSummary {
  return { ...same, identity: { host, pid }, registeredAt: Date.parse(since) };
}

export function pauseOfView(view: PauseView & Pick<Pause, 'type' | 'name'>): Pause {
  return { ...view, since: Date.parse(view.since), until: view.until === null ? null : Date.parse(view.until) };
}

export function lineOfView({ seq, offset, time, ...line }: LineView): TailedLine {
  return { seq, offset, line: { at: Date.parse(time), ...line } };
}

/** Says what it takes; checked it is by the server. */
function schemaOf(input: JsonSchema): Schema<never, never> {
  const validate = (value: unknown) => ({ value: value as never });
  return { '~standard': { version: 1, vendor: 'onejob', validate, jsonSchema: { input: () => input } } };
}

function elsewhere(name: string): never {
  throw new OnejobError('USAGE', `the job ${name} is executed where its server is, not here`);
}
