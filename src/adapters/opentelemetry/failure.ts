import { SpanStatusCode, type Span } from '@opentelemetry/api';
import type { Failure } from '../../job/failure.ts';

/** Marks a span as failed: status, `error.type` and the exception as an event, by the semantic conventions. */
export function recordFailure(span: Span, { code, message, stack }: Failure): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  span.setAttribute('error.type', code);
  span.recordException({ name: code, message, ...(stack !== undefined && { stack }) });
}
