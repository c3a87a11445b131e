import { context, trace, type Context, type Span, type Tracer } from '@opentelemetry/api';
import { readFailure, type Failure } from '../../job/failure.ts';
import type { AttemptEnd } from '../../ports/attempt-end.ts';
import type { AttemptSpan } from '../../ports/tracer.ts';
import { recordFailure } from './failure.ts';

export interface OpenAttemptSpanOptions {
  readonly tracer: Tracer;
  readonly span: Span;
  readonly onEnd: (end: AttemptEnd, failure: Failure | null) => void;
}

/** The span of an attempt, with those of the steps that it executes. */
export class OpenAttemptSpan implements AttemptSpan {
  readonly #options: OpenAttemptSpanOptions;
  readonly #context: Context;
  readonly #steps = new Set<Span>();

  constructor(options: OpenAttemptSpanOptions) {
    this.#options = options;
    this.#context = trace.setSpan(context.active(), options.span);
  }

  within<T>(work: () => T): T {
    return context.with(this.#context, work);
  }

  step<T>(key: string, attempt: number, work: () => T): T {
    // Below a span of the handler's own, where it asked for the step in one.
    const parent = trace.getSpan(context.active()) ? context.active() : this.#context;
    const attributes = { 'onejob.step': key, 'onejob.step.try': attempt };
    const span = this.#options.tracer.startSpan(`step ${nameOf(key)}`, { attributes }, parent);
    this.#steps.add(span);
    try {
      const result = context.with(trace.setSpan(parent, span), () => asPromise(work()));
      if (!(result instanceof Promise)) this.#endStep(span);
      else {
        result.then(
          () => this.#endStep(span),
          (thrown: unknown) => this.#endStep(span, thrown),
        );
      }
      return result;
    } catch (thrown) {
      this.#endStep(span, thrown);
      throw thrown;
    }
  }

  end(end: AttemptEnd, failure: Failure | null): void {
    const { span, onEnd } = this.#options;
    for (const step of this.#steps) step.end(); // left behind: its end does not count any more
    this.#steps.clear();
    span.setAttribute('onejob.outcome', end);
    if (failure && (end === 'failed' || end === 'retried')) recordFailure(span, failure);
    span.end();
    onEnd(end, failure);
  }

  #endStep(span: Span, ...[thrown]: [thrown?: unknown]): void {
    if (!this.#steps.delete(span)) return;
    if (thrown !== undefined) recordFailure(span, readFailure(thrown).failure);
    span.end();
  }
}

/** Of a step in a loop without what tells its rounds apart: names of spans are few, keys are not. */
function nameOf(key: string): string {
  return /^(?:\\.|[^:\\])*/s.exec(key)?.[0] ?? key;
}

/** Waited for once, whoever waits: a query of Drizzle or Knex is executed anew by each `then`. */
function asPromise<T>(value: T): T {
  const isThenable =
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
  return isThenable ? (Promise.resolve(value) as T) : value;
}
