import { readFailure, type Failure } from '../job/failure.ts';
import type { AttemptEnd } from '../ports/attempt-end.ts';
import type { Claim } from '../ports/store-claim.ts';
import { hookRun, namesOf } from './claim-names.ts';
import type { Host } from './host.ts';

/** Tells whoever measures, watches and reads the log that an attempt begins. */
export function reportBegin({ meter, observer, log }: Host, claim: Claim): void {
  meter?.began(claim);
  observer.onStart?.(claim);
  if (log.isOn?.('info') !== false) {
    log.info('run started', { ...namesOf(claim), args: claim.args.length > 0 ? claim.args : undefined });
  }
}

/** The same of its end, after `ms`. */
export function reportEnd({ meter, log }: Host, claim: Claim, end: AttemptEnd, ms: number): void {
  meter?.ended(claim, end, ms);
  if (log.isOn?.('info') !== false) {
    log.info('run ended', { ...namesOf(claim), outcome: end, durationMs: Math.round(ms) });
  }
}

/** The hook is called in any case of an outcome, and cannot change what is stored. */
export async function callAfterRun(
  { hooks, log }: Host,
  claim: Claim,
  end: AttemptEnd,
  error: Failure | null,
): Promise<void> {
  if (end === 'parked' || end === 'handedBack' || end === 'lost') return;
  try {
    await hooks.afterRun?.(hookRun(claim), { state: end, error });
  } catch (thrown) {
    log.error('the hook afterRun failed', { ...namesOf(claim), error: readFailure(thrown).failure.message });
  }
}
