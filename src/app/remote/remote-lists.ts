import type { Run } from '../../job/run.ts';
import { runOfView, type RunView } from '../../job/run-view.ts';
import type { Page, RunQuery } from '../../ports/store-query.ts';
import type { Client } from '../client/client.ts';
import { listBounds } from '../config/instant-option.ts';
import type { ListOf, ServerLink } from './server-link.ts';

/** How a client of a server reads many runs. */
export function createRemoteLists(link: ServerLink, get: Client['get']): Pick<Client, 'getMany' | 'list'> {
  /** Asks for as many runs in one request as its address can carry. */
  async function getMany(refs: readonly string[]): Promise<(Run | null)[]> {
    const found = new Map<string, Run>();
    for (const some of slicesOf([...new Set(refs)])) {
      const { items } = await link.act<ListOf<RunView>>('GET', '/runs', { query: { id: some.join(',') } });
      for (const run of items.map(runOfView)) {
        if (run.key !== null) found.set(run.key, run);
        found.set(run.id, run);
      }
    }
    return Promise.all(refs.map(async (ref) => found.get(ref) ?? (isListable(ref) ? null : get(ref))));
  }

  async function list(query: Partial<RunQuery> = {}): Promise<Page<Run>> {
    const { states, limit = 50, since: _, until: __, ...others } = query;
    const { since, until } = listBounds(query);
    const { items, next } = await link.act<ListOf<RunView>>('GET', '/runs', {
      query: {
        ...others, // what the server does not know it refuses: all runs are no answer
        state: states?.join(','),
        since: since === undefined ? undefined : new Date(since).toISOString(),
        until: until === undefined ? undefined : new Date(until).toISOString(),
        limit: String(limit),
      },
    });
    return { items: items.map(runOfView), next };
  }

  return { getMany, list };
}

/** What can stand in a list in an address: commas are between its members, and blanks around them are none of them. */
function isListable(ref: string): boolean {
  return /^[^,\p{Cc}]{1,400}$/u.test(ref) && ref.trim() === ref;
}

/** At most 100 each, and no longer than an address may be everywhere. */
function slicesOf(refs: readonly string[]): string[][] {
  const slices: string[][] = [];
  let room = 0;
  for (const ref of refs.filter(isListable)) {
    const length = encodeURIComponent(ref).length + 3;
    const last = slices.at(-1);
    if (last && last.length < 100 && length <= room) last.push(ref);
    else {
      slices.push([ref]);
      room = longestList;
    }
    room -= length;
  }
  return slices;
}

const longestList = 6_000;
