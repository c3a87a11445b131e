import { readFailure, type Failure } from '../../job/failure.ts';
import type { AttemptEnd } from '../../ports/attempt-end.ts';
import type { Claim } from '../../ports/store-claim.ts';
import type { AttemptSpan } from '../../ports/tracer.ts';
import { failpoint } from '../../std/failpoint.ts';
import { inTime } from '../../std/in-time.ts';
import { hookRun, namesOf } from '../worker/claim-names.ts';
import type { Concluded } from './conclusion.ts';
import { asOwnCode } from './console-capture.ts';
import type { Host } from '../host/host.ts';
import { internalError } from './internal-error.ts';

/** Tells whoever measures, watches and reads the log that an attempt begins. */
export function reportBegin({ meter, observer, log }: Host, claim: Claim): void {
  void failpoint('attempt.begin');
  meter?.began(claim);
  observer.onStart?.(claim);
  if (log.isOn?.('info') !== false) {
    log.info('run started', { ...namesOf(claim), args: claim.args.length > 0 ? claim.args : undefined });
  }
}

/**
 * Tells of the end of an attempt, and calls the hook. It returns a promise only where there is a hook, because each
 * promise counts in a short run. What is recorded stays, whatever a listener throws.
 */
export function reportEnd(host: Host, ended: EndedAttempt, { end, failure }: Concluded): Promise<void> | undefined {
  const { meter, log, observer } = host;
  const { claim, span } = ended;
  const ms = host.clock.monotonic() - ended.startedAt;
  guarded(host, claim, () => {
    span?.end(end, failure);
    meter?.ended(claim, end, ms);
    if (log.isOn?.('info') === false) return;
    log.info('run ended', { ...namesOf(claim), outcome: end, durationMs: Math.round(ms) });
  });
  const tell = (): void => guarded(host, claim, () => observer.onEnd?.(claim, end));
  if (host.hooks.afterRun) return callAfterRun(host, ended, end, failure).then(tell);
  tell();
  return undefined;
}

function guarded(host: Host, claim: Claim, work: () => void): void {
  try {
    work();
  } catch (fault) {
    internalError(host, claim, fault);
  }
}

export interface EndedAttempt {
  readonly claim: Claim;
  /** Of its job. */
  readonly graceMs: number;
  readonly span: AttemptSpan | undefined;
  /** By the monotonic clock. */
  readonly startedAt: number;
}

/**
 * The hook is called in any case of an outcome, and cannot change what is stored. One that does not settle within the
 * grace of its job is named in the log and waited for no longer: it must not keep the slot, nor hold up a stop.
 */
async function callAfterRun(
  { hooks, log, clock }: Host,
  { claim, graceMs }: EndedAttempt,
  end: AttemptEnd,
  error: Failure | null,
): Promise<void> {
  if (end === 'parked' || end === 'handedBack' || end === 'lost') return;
  const called = (async () => asOwnCode(() => hooks.afterRun?.(hookRun(claim), { state: end, error })))();
  try {
    if (await inTime(called, graceMs, clock)) return;
    log.error('the hook afterRun did not end in time and is left behind', namesOf(claim));
  } catch (thrown) {
    log.error('the hook afterRun failed', { ...namesOf(claim), error: readFailure(thrown).failure.message });
  }
}
