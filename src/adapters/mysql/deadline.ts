import { systemClock } from '../../std/clock.ts';

/**
 * Gives an answer up after `ms`, whatever the driver waits for: a connection whose other end is gone without a word says
 * nothing for ever (tried).
 */
export async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  let timer: { cancel(): void } | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = systemClock.setTimer(ms, () => {
      reject(Object.assign(new Error(`no answer within ${ms} ms`), { code: 'PROTOCOL_SEQUENCE_TIMEOUT' }));
    });
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    timer?.cancel();
  }
}
