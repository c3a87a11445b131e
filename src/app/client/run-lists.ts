import { OnejobError } from '../../job/errors.ts';
import type { Run } from '../../job/run.ts';
import type { Page, RunQuery } from '../../ports/store-query.ts';
import type { Store } from '../../ports/store.ts';
import { isId } from '../../std/id.ts';
import type { Client } from './client.ts';
import { listBounds } from '../config/instant-option.ts';
import { listedRuns } from './listed-runs.ts';

/** How a client of a store reads many runs. */
export interface RunLists extends Pick<Client, 'getMany' | 'list'> {
  /** With all their values, however large: for a few. */
  getWhole(refs: readonly string[]): Promise<(Run | null)[]>;
}

export function createRunLists(store: () => Promise<Store>): RunLists {
  return {
    async getMany(refs: readonly string[]): Promise<(Run | null)[]> {
      return listedRuns(await store(), refs);
    },

    async getWhole(refs: readonly string[]): Promise<(Run | null)[]> {
      return (await store()).get(refs);
    },

    async list(query: Partial<RunQuery> = {}): Promise<Page<Run>> {
      const { cursor } = query;
      if (cursor !== undefined && !isId(cursor)) {
        throw new OnejobError('USAGE', `'${cursor}' is no cursor: it is the next of the page before`);
      }
      return (await store()).list({ limit: 50, ...query, ...listBounds(query) });
    },
  };
}
