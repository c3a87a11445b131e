import type { Failure } from '../job/failure.ts';
import type { AttemptEnd } from './attempt-end.ts';
import type { Claim } from './store-claim.ts';

/**
 * Makes spans of what is executed. Where nobody collects spans there is no tracer, and the engine makes none. What is
 * replayed makes no span: it is not executed. Implementations must not throw.
 */
export interface Tracer {
  /** An attempt begins to execute here, for the first time or again after a wait. */
  begin(claim: Claim): AttemptSpan;
  /** The span that the calling code executes in, as W3C `traceparent`; undefined where there is none. */
  traceparent(): string | undefined;
  /** Spans of runs that wait, or go on elsewhere, end here. */
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
