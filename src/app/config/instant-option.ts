import { OnejobError } from '../../job/errors.ts';
import { givenInstant } from '../../job/given-time.ts';
import type { RunQuery } from '../../ports/store-query.ts';

/** The end of a pause that a caller gave; null: none. @throws USAGE also for one that has passed */
export function pauseEnd(until: Date | undefined, now: number): number | null {
  if (until === undefined) return null;
  const at = givenInstant(until, 'until', 'USAGE');
  if (at > now) return at;
  throw new OnejobError('USAGE', `until: ${until.toISOString()} has passed`);
}

/** The bounds of a list that a caller gave, none of which lies before all runs. @throws USAGE */
export function listBounds({ since, until }: Partial<RunQuery>): Pick<RunQuery, 'since' | 'until'> {
  return {
    ...(since !== undefined && { since: bound('since', since) }),
    ...(until !== undefined && { until: bound('until', until) }),
  };
}

function bound(name: string, ms: number): number {
  return Math.max(0, givenInstant(typeof ms === 'number' ? new Date(ms) : ms, name, 'USAGE'));
}
