import { systemClock, type Clock } from './clock.ts';
import { createDeferred } from './deferred.ts';

/**
 * Whether `work` settles within `ms`; rejects where it does. False: nobody waits for it any more, and what becomes of it
 * is passed over.
 */
export async function inTime(work: Promise<unknown>, ms: number, clock: Clock = systemClock): Promise<boolean> {
  const late = createDeferred<false>();
  const timer = clock.setTimer(ms, () => late.resolve(false));
  try {
    return await Promise.race([work.then(() => true), late.promise]);
  } finally {
    timer.cancel();
  }
}
