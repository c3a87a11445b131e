import { hasCode } from '../../job/errors.ts';
import type { Abort } from '../../std/abort.ts';
import type { Clock } from '../../std/clock.ts';

/** Reads that a run cannot go on without are repeated like records are (protocol/journal#a-store-that-is-away). @throws the reason, when aborted */
export async function retryUntilAvailable<T>(clock: Clock, abort: Abort, read: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!hasCode(error, 'STORE_UNAVAILABLE')) throw error;
      await clock.sleep(pauseMs, abort.signal);
    }
  }
}

const pauseMs = 500;
