export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * The log of the process, on standard error or in files. The output of a run is something else: the store keeps it.
 * `fields` is plain data. An implementation never throws and never blocks the caller.
 */
export interface Log {
  debug(text: string, fields?: Record<string, unknown>): void;
  info(text: string, fields?: Record<string, unknown>): void;
  warn(text: string, fields?: Record<string, unknown>): void;
  error(text: string, fields?: Record<string, unknown>): void;
  /**
   * Whether lines of that level are written at all: if not, the caller need not make their fields. Left out: they may
   * be.
   */
  isOn?(level: LogLevel): boolean;
  /** Makes a log whose lines all carry these fields. */
  child(fields: Record<string, unknown>): Log;
}
