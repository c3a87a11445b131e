import type { Log } from '../../ports/log.ts';
import { harmless } from '../../std/harmless.ts';

/** A log that the program brought along: one that throws must not fail the work that is logged. */
export function userLog(log: Log): Log {
  const quiet = harmless(log);
  return {
    debug: quiet.debug,
    info: quiet.info,
    warn: quiet.warn,
    error: quiet.error,
    ...(log.isOn && { isOn: (level) => quiet.isOn?.(level) ?? true }),
    child: (fields) => userLog(quiet.child(fields) ?? log),
  };
}
