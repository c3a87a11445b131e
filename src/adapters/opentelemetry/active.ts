import { context, isSpanContextValid, trace, type Context } from '@opentelemetry/api';
import { formatTraceParent } from '../../job/trace.ts';

/** The span in whose context the caller executes, as `traceparent`; undefined outside of spans. */
export function activeTraceParent(within: Context = context.active()): string | undefined {
  const span = trace.getSpanContext(within);
  if (span === undefined || !isSpanContextValid(span)) return undefined;
  return formatTraceParent({ traceId: span.traceId, spanId: span.spanId, flags: span.traceFlags });
}
