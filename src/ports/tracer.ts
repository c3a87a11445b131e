import type { Failure } from '../job/failure.ts';
import type { AttemptEnd } from './attempt-end.ts';
import type { Claim } from './store-claim.ts';

/**
 * Makes spans of what is executed. Where nobody collects spans, there is no tracer. What is replayed is not executed,
 * and has no span. An implementation does not throw.
 */
export interface Tracer {
  /** An attempt begins to execute here, for the first time or again after a wait. */
  begin(claim: Claim): AttemptSpan;
  /** The span in which the calling code executes, as a W3C `traceparent`. Undefined: there is none. */
  traceparent(): string | undefined;
  /** Ends the spans of runs that wait, or that go on in another process. */
  close(): void;
}

/** The span of one attempt, from its claim to what is recorded of it. */
export interface AttemptSpan {
  /** Executes `work` so that spans of its own hang below this one. */
  within<T>(work: () => T): T;
  /** Executes one try of a step inside a span of its own. */
  step<T>(key: string, attempt: number, work: () => T): T;
  end(end: AttemptEnd, failure: Failure | null): void;
}
