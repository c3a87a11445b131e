import type { RunId, StoredRequest } from './run.ts';

/** What a W3C `traceparent` says: which trace, which span of it, and flags, of which 1 is `sampled`. */
export interface TraceParent {
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: number;
}

/** Reads a `traceparent`. A malformed one gives undefined and starts a new trace (W3C Trace Context §3.2). */
function parseTraceParent(text: string | undefined): TraceParent | undefined {
  const [, version = '', traceId = '', spanId = '', flags = '', rest] = form.exec(text ?? '') ?? [];
  if (version === '' || version === 'ff' || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return version === '00' && rest !== undefined ? undefined : { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

export function formatTraceParent({ traceId, spanId, flags }: TraceParent): string {
  return `00-${traceId}-${spanId}-${(flags & 0xff).toString(16).padStart(2, '0')}`;
}

export function traceParentOf(headers: StoredRequest['headers'] | undefined): TraceParent | undefined {
  return parseTraceParent(headers?.find(([name]) => name.toLowerCase() === 'traceparent')?.[1]);
}

/**
 * The parent of a run's spans. It is the span that asked for the run, where the run came with a `traceparent`. Else it
 * is a span that nobody records, made of the id of the topmost run: so all attempts, children and callbacks have the
 * same one, whichever process executes them.
 */
export function parentOf(run: {
  readonly traceId: string;
  readonly root: RunId;
  readonly request: StoredRequest | null;
}): TraceParent {
  const given = traceParentOf(run.request?.headers);
  if (given?.traceId === run.traceId) return given;
  return { traceId: run.traceId, spanId: run.root.replaceAll('-', '').slice(-16), flags: 1 };
}

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
