import type { IncomingMessage } from 'node:http';

/**
 * All headers of a request, in lower case and in the order of their names, as the `Headers` of the request gives them.
 * To make that of all headers costs more than to look one up, so where Node's own request is at hand they are read there.
 */
export function headerPairs(request: Request, incoming: IncomingMessage | undefined): (readonly [string, string])[] {
  const { rawHeaders = [] } = incoming ?? {};
  const pairs = new Map<string, string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    pairs.set((rawHeaders[at] as string).toLowerCase(), rawHeaders[at + 1] as string);
  }
  const isAll = incoming !== undefined && pairs.size * 2 === rawHeaders.length;
  if (!isAll) return [...request.headers]; // one that came twice is joined there
  return [...pairs].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
