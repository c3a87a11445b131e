import { context, ROOT_CONTEXT, SpanKind, trace, type Attributes, type Context, type Span } from '@opentelemetry/api';
import type { RunId } from '../../job/run.ts';
import { parentOf } from '../../job/trace.ts';
import type { Claim } from '../../ports/store-claim.ts';
import type { AttemptSpan, Tracer } from '../../ports/tracer.ts';
import { activeTraceParent } from './active.ts';
import { OpenAttemptSpan } from './attempt-span.ts';
import { recordFailure } from './failure.ts';

/**
 * Spans by the API of OpenTelemetry; what collects them is the program's. A run's span is held here while the run is
 * between two attempts. Where another process goes on with the run it begins a span of its own in the same trace, for
 * a span cannot be handed over.
 */
export function openSpanTracer(version: string): Tracer {
  const tracer = trace.getTracer('onejob', version);
  const runs = new Map<RunId, Span>();

  const runSpan = (claim: Claim): Span => {
    const held = runs.get(claim.run);
    if (held) return held;
    for (const [oldest, span] of runs) {
      if (runs.size < maxHeld) break;
      span.end();
      runs.delete(oldest);
    }
    const kind = claim.trigger === 'cli' ? SpanKind.INTERNAL : SpanKind.CONSUMER;
    const span = tracer.startSpan(`run ${claim.job}`, { kind, attributes: runAttributes(claim) }, remote(claim));
    runs.set(claim.run, span);
    return span;
  };

  return {
    begin(claim): AttemptSpan {
      const run = runSpan(claim);
      const attributes = attemptAttributes(claim);
      const span = tracer.startSpan(`attempt ${claim.job}`, { attributes }, trace.setSpan(remote(claim), run));
      return new OpenAttemptSpan({
        tracer,
        span,
        onEnd(end, failure) {
          run.setAttribute('onejob.outcome', end);
          if (end === 'parked' || end === 'retried' || end === 'handedBack') return; // the next attempt may come here
          if (end === 'failed' && failure) recordFailure(run, failure);
          run.end();
          runs.delete(claim.run);
        },
      });
    },
    traceparent: () => activeTraceParent(context.active()),
    close() {
      for (const span of runs.values()) span.end();
      runs.clear();
    },
  };
}

/** The context of who asked for the run; of nobody's span, where nobody said. */
function remote(claim: Claim): Context {
  const { traceId, spanId, flags } = parentOf(claim);
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: flags & 1, isRemote: true });
}

/** Names of the semantic conventions for messaging, where there is one. */
function runAttributes({ run, job, key, trigger, parent, request }: Claim): Attributes {
  return {
    'messaging.system': 'onejob',
    'messaging.operation.type': 'process',
    'messaging.operation.name': 'run',
    'messaging.destination.name': job,
    'messaging.message.id': run,
    'onejob.run.trigger': trigger,
    ...(key !== null && { 'onejob.run.key': key }),
    ...(parent !== null && { 'onejob.run.parent': parent }),
    ...(request?.body && { 'messaging.message.body.size': request.body.length }),
  };
}

function attemptAttributes({ run, job, attempt, crashes, epoch, steps }: Claim): Attributes {
  return {
    'onejob.job': job,
    'onejob.run.id': run,
    'onejob.attempt': attempt,
    'onejob.crashes': crashes,
    'onejob.epoch': epoch,
    'onejob.replayed_steps': steps,
  };
}

/** Of runs between two attempts; the oldest is ended when there are more. */
const maxHeld = 1_000;
