/** A part of the process with a life. Both methods are idempotent: a second call returns the promise of the first. */
export interface Service {
  /** For messages. */
  readonly name: string;
  /** Resolves once it is up. A service that could not start has cleaned up behind itself. */
  start(): Promise<void>;
  /** Resolves once nothing of it runs any more. Allowed at any time; a service that was stopped never starts again. */
  stop(): Promise<void>;
}

/**
 * Starts one after the other, in order. When one fails, those already started are stopped in reverse and its error is
 * thrown again, the very object. Only when that stopping fails too is it an AggregateError: the error of the start is
 * its `cause` and the first of its `errors`.
 */
export async function startAll(services: readonly Service[]): Promise<void> {
  const started: Service[] = [];
  for (const service of services) {
    try {
      await service.start();
      started.push(service);
    } catch (error) {
      const failures = await stopInReverse(started);
      if (failures.length === 0) throw error;
      const message = `${service.name} did not start, and then ${namesOf(failures)} did not stop`;
      throw new AggregateError([error, ...failures.map((failure) => failure.error)], message, { cause: error });
    }
  }
}

/** Stops one after the other, in reverse order, each of them whatever the others do; then throws an AggregateError if any failed. */
export async function stopAll(services: readonly Service[]): Promise<void> {
  const failures = await stopInReverse(services);
  if (failures.length === 0) return;
  const errors = failures.map((failure) => failure.error);
  throw new AggregateError(errors, `${namesOf(failures)} did not stop`, { cause: errors[0] });
}

interface Failure {
  name: string;
  error: unknown;
}

async function stopInReverse(services: readonly Service[]): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (const service of services.toReversed()) {
    try {
      await service.stop();
    } catch (error) {
      failures.push({ name: service.name, error });
    }
  }
  return failures;
}

function namesOf(failures: readonly Failure[]): string {
  return failures.map((failure) => failure.name).join(', ');
}
