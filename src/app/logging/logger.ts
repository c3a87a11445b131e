import { isatty } from 'node:tty';
import { logLevels, type Log, type LogLevel } from '../../ports/log.ts';
import { LogFile } from './log-file.ts';
import { jsonLine, prettyLine, type Fields } from './log-line.ts';
import type { LogOptions } from '../config/options.ts';

export interface LoggerOptions extends LogOptions {
  /** Where lines go besides the file; default standard error, for standard output belongs to data. */
  stream?: { write(text: string): unknown };
  /** Whether a person reads the stream; default what the system says of standard error. */
  isTty?: boolean;
  /** Default: on a terminal, unless NO_COLOR is set or TERM is `dumb`. */
  color?: boolean;
  now?: () => Date;
}

/**
 * The log of the process. Written by hand: pino takes 14 ms to load and none of its speed is needed here
 * (docs/decisions/0007). Lines are written at once, so that the last words of a dying process are there.
 *
 * @throws CONFIG_INVALID when the folder for `onejob.log` cannot be written; later nothing throws
 */
export function createLogger(options: LoggerOptions = {}): Log {
  const { dir, now = () => new Date() } = options;
  const file = dir === undefined ? undefined : new LogFile(dir);
  const toStream = streamWriter(options);
  const lowest = logLevels.indexOf(options.level ?? 'info');

  const write = (level: LogLevel, text: string, own: Fields, fields: Fields | undefined): void => {
    if (logLevels.indexOf(level) < lowest) return;
    quietly(() => {
      const entry = { time: now(), level, text, fields: { ...own, ...fields } };
      toStream(entry);
      file?.write(jsonLine(entry));
    });
  };
  const withFields = (own: Fields): Log => ({
    debug: (text, fields) => write('debug', text, own, fields),
    info: (text, fields) => write('info', text, own, fields),
    warn: (text, fields) => write('warn', text, own, fields),
    error: (text, fields) => write('error', text, own, fields),
    isOn: (level) => logLevels.indexOf(level) >= lowest,
    child: (fields) => withFields({ ...own, ...fields }),
  });
  return withFields({});
}

type Entry = Parameters<typeof jsonLine>[0];

/** Asks for standard error, and what it is, only when there is something to say: that takes Node a millisecond. */
function streamWriter(options: LoggerOptions): (entry: Entry) => void {
  let print: ((entry: Entry) => void) | undefined;
  return (entry) => {
    print ??= openStream(options);
    print(entry);
  };
}

function openStream(options: LoggerOptions): (entry: Entry) => void {
  const stream = options.stream ?? standardError();
  const isTty = options.isTty ?? (options.stream === undefined && isatty(2));
  const { NO_COLOR, TERM } = process.env;
  const color = options.color ?? (isTty && !NO_COLOR && TERM !== 'dumb');
  const isPretty = (options.format ?? (isTty ? 'pretty' : 'json')) === 'pretty';
  return (entry) => quietly(() => stream.write(isPretty ? prettyLine(entry, color) : jsonLine(entry)));
}

/** When its reader has gone away (`2>&1 | head`), a stream says so by an event, which would end the process. */
function standardError(): NodeJS.WriteStream {
  if (!process.stderr.listeners('error').includes(ignore)) process.stderr.on('error', ignore);
  return process.stderr;
}

function ignore(): void {}

/** A full disk or a closed pipe must not fail the work that is being logged. */
function quietly(write: () => unknown): void {
  try {
    write();
  } catch {
    // there is nowhere left to say it
  }
}
