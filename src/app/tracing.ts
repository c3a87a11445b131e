import type { Log } from '../ports/log.ts';
import type { Tracer } from '../ports/tracer.ts';
import { version } from './version.ts';

type Header = readonly [name: string, value: string];
type Headers = readonly Header[] | undefined;

/**
 * Makes spans of what this process executes, where the program has registered something that collects them
 * (`trace.setGlobalTracerProvider` of `@opentelemetry/api`); else there is no tracer and nothing is loaded.
 */
export async function openTracer(log: Log): Promise<Tracer | undefined> {
  if (!isCollected()) return undefined;
  try {
    const { openSpanTracer } = await import('../adapters/opentelemetry/index.ts');
    return openSpanTracer(version);
  } catch (error) {
    // The program carries a copy of its own which is not found from here: its work must not suffer from that.
    log.warn('no spans are recorded: npm install @opentelemetry/api', { error: String(error) });
    return undefined;
  }
}

/** Adds the span that asks for a run, so that the run's spans hang below it; another trace that was named wins. */
export function withTraceParent(headers: Headers): Headers | Promise<Headers> {
  return isCollected() ? withActive(headers) : headers;
}

async function withActive(headers: Headers): Promise<Headers> {
  const active = await activeTraceParent();
  if (active === undefined) return headers;
  const given = headers?.find(isTraceParent);
  if (given && given[1].split('-')[1] !== active.split('-')[1]) return headers;
  return [...(headers ?? []).filter((header) => !isTraceParent(header)), ['traceparent', active]];
}

/** Looks where the API itself keeps what was registered, so that nothing is loaded to find that there is nothing. */
function isCollected(): boolean {
  const registered = (globalThis as Record<symbol, { readonly trace?: unknown } | undefined>)[registry];
  return registered?.trace !== undefined;
}

const registry = Symbol.for('opentelemetry.js.api.1');

async function activeTraceParent(): Promise<string | undefined> {
  try {
    return (await import('../adapters/opentelemetry/index.ts')).activeTraceParent();
  } catch {
    return undefined; // the worker of this process has said so
  }
}

function isTraceParent([name]: Header): boolean {
  return name.toLowerCase() === 'traceparent';
}
