import { isReservedKey } from '../../src/job/callbacks.ts';
import type { Observed } from '../simulation/observed.ts';

/** The runs of callbacks are made by the stores: each has another id for it, and one key. */
export class StoreNames {
  readonly #theirs = new Map<string, string>();

  learn(call: Observed, answer: unknown): void {
    if (call.method !== 'claim') return;
    const { claims } = answer as typeof call.answer;
    for (const { run, key } of call.answer.claims) {
      if (key === null || !isReservedKey(key)) continue;
      const same = claims.find((claim) => claim.key === key);
      if (same) this.#theirs.set(run, same.run);
    }
  }

  theirs(value: unknown): unknown {
    if (typeof value === 'string') return this.#theirs.get(value) ?? value;
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
    if (Array.isArray(value)) return value.map((one) => this.theirs(one));
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, this.theirs(inner)]));
  }
}

type ById = { readonly run: string };

/** Without what a store may say in its own way: the order between queues, and when the next run is due. */
export function comparable(method: Observed['method'], answer: unknown): unknown {
  switch (method) {
    case 'claim':
    case 'reclaim':
      return byRun((answer as { claims: ById[] }).claims);
    case 'messages': {
      const { inboxes, lost, hasMore } = answer as { inboxes: ById[]; lost: string[]; hasMore: boolean };
      return { inboxes: byRun(inboxes), lost: lost.toSorted(), hasMore };
    }
    case 'evict':
      return (answer as string[][]).map((runs) => runs.toSorted());
    case 'prune': {
      const { runs, more } = answer as { runs: number; more: boolean };
      return { runs, more };
    }
    default:
      return answer;
  }
}

function byRun(list: readonly ById[]): ById[] {
  return list.toSorted((a, b) => (a.run < b.run ? -1 : 1));
}
