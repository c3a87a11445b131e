export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * The log of the process, on standard error or in files; not to be confused with a run's own output, which is kept in
 * the store. `fields` is plain data; implementations never throw and never block the caller.
 */
export interface Log {
  debug(text: string, fields?: Record<string, unknown>): void;
  info(text: string, fields?: Record<string, unknown>): void;
  warn(text: string, fields?: Record<string, unknown>): void;
  error(text: string, fields?: Record<string, unknown>): void;
  /** Whether lines of that level are written at all; spares the making of fields. Left out: they may be. */
  isOn?(level: LogLevel): boolean;
  /** A log whose lines all carry these fields. */
  child(fields: Record<string, unknown>): Log;
}
