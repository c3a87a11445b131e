import type { LogLine } from './parse-line.ts';
import { fromLatin1 } from './read-lines.ts';

interface Traffic {
  requests: number;
  bytes: number;
}

export interface Report extends Traffic {
  malformed: number;
  days: ({ day: string } & Traffic)[];
  paths: ({ path: string } & Traffic)[];
  clients: ({ client: string } & Traffic)[];
}

/** Adds up lines. Its memory grows with the different paths and clients, never with the lines. */
export class Summary {
  malformed = 0;
  readonly #days: Tally = new Map();
  readonly #paths: Tally = new Map();
  readonly #clients: Tally = new Map();

  add({ day, path, client, bytes }: LogLine): void {
    count(this.#days, day, bytes);
    count(this.#paths, path, bytes);
    count(this.#clients, client, bytes);
  }

  /** Days by date, paths and clients by requests (most first), then by name, `top` of each at most. */
  report(top: number): Report {
    const days = [...this.#days].toSorted(byName);
    return {
      requests: days.reduce((sum, [, traffic]) => sum + traffic.requests, 0),
      bytes: days.reduce((sum, [, traffic]) => sum + traffic.bytes, 0),
      malformed: this.malformed,
      days: days.map(([day, traffic]) => ({ day, ...traffic })),
      paths: max(this.#paths, top).map(([path, traffic]) => ({ path: fromLatin1(path), ...traffic })),
      clients: max(this.#clients, top).map(([client, traffic]) => ({ client: fromLatin1(client), ...traffic })),
    };
  }
}

type Tally = Map<string, Traffic>;

function count(tally: Tally, name: string, bytes: number): void {
  const traffic = tally.get(name);
  if (traffic === undefined) {
    tally.set(ownCopy(name), { requests: 1, bytes });
    return;
  }
  traffic.requests++;
  traffic.bytes += bytes;
}

/** V8's slices keep the text that they were cut from: one new path a chunk would hold the whole log in memory. */
function ownCopy(name: string): string {
  return Buffer.from(name, 'latin1').toString('latin1');
}

function max(tally: Tally, top: number): [string, Traffic][] {
  return [...tally].toSorted((a, b) => b[1].requests - a[1].requests || byName(a, b)).slice(0, top);
}

function byName([a]: [string, Traffic], [b]: [string, Traffic]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
