import type { ServerResponse } from 'node:http';

/**
 * Lets a response write its header names as people know them, `X-Ego-Job-Err`: web standards hold them in lower case,
 * and scripts that look at the bytes of ego's answers go on unchanged.
 */
export function writeNamesAsKnown(response: ServerResponse): void {
  const write = response.writeHead.bind(response) as (status: number, headers?: object) => ServerResponse;
  response.writeHead = ((status: number, headers: Record<string, unknown> = {}) => {
    return write(status, knownNames(Object.entries(headers)));
  }) as ServerResponse['writeHead'];
}

export function knownNames<T>(headers: Iterable<readonly [name: string, value: T]>): Record<string, T> {
  const named: Record<string, T> = {};
  for (const [name, value] of headers) named[knownName(name)] = value;
  return named;
}

function knownName(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  const spelled = special[name] ?? name.replaceAll(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
  if (names.size < maxNames) names.set(name, spelled);
  return spelled;
}

const special: Readonly<Record<string, string>> = {
  'x-ego-job-runid': 'X-Ego-Job-RunID',
  'www-authenticate': 'WWW-Authenticate',
  etag: 'ETag',
};

const names = new Map<string, string>();
/** Jobs may set headers of any name. */
const maxNames = 200;
