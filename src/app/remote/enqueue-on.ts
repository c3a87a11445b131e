import { OnejobError } from '../../job/errors.ts';
import type { Run } from '../../job/run.ts';
import type { Trigger } from '../../job/state.ts';
import type { Duration } from '../../std/duration.ts';
import { durationOption } from '../config/duration-option.ts';
import { checkStorable } from '../../std/json.ts';
import type { ServerLink } from './server-link.ts';

/** A run that is wished for on a server. */
export interface Wished {
  readonly job: string;
  readonly input?: unknown;
  readonly body?: string;
  readonly key?: string;
  readonly delay?: Duration;
  readonly priority?: number;
  readonly timeout?: Duration;
  readonly args?: readonly string[];
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly trigger?: Trigger;
}

/** A run that the server has. */
export interface Stored extends Pick<Run, 'id' | 'key' | 'job' | 'state'> {
  readonly created: boolean;
}

/**
 * Asks for runs, all of them or none. Not repeated after a lost answer, which would make other runs: whoever repeats it
 * gives keys. @throws VALUE_REJECTED here, the rest as the server finds it
 */
export async function enqueueOn(link: ServerLink, wishes: readonly Wished[]): Promise<readonly Stored[]> {
  if (wishes.length === 0) return [];
  const runs = wishes.map((wish) => ({
    ...wish,
    input: storable(wish),
    delay: wish.delay === undefined ? undefined : inMilliseconds('delay', wish.delay),
    timeout: wish.timeout === undefined ? undefined : inMilliseconds('timeout', wish.timeout),
  }));
  return (await link.act<{ items: readonly Stored[] }>('POST', '/runs', { body: { runs } })).items;
}

/** What JSON.stringify would silently change must not leave this process; sizes are the server's to judge. */
function storable({ job, input }: Wished): unknown {
  const check = checkStorable(input, { maxBytes: Infinity });
  if (check.ok) return input;
  const where = check.path ? ` (at ${check.path})` : '';
  throw new OnejobError('VALUE_REJECTED', `the input of ${job} cannot be stored${where}: ${check.why}`);
}

/** As the API takes a duration. @throws USAGE */
export function inMilliseconds(name: string, duration: Duration): string {
  return `${Math.round(durationOption(name, duration) ?? 0)}ms`;
}
