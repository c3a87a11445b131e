import { createLogger } from '../app/logging/logger.ts';
import { isLog } from '../app/config/config-readers.ts';
import type { AppOptions, LogOptions } from '../app/config/options.ts';
import type { Log, LogLevel } from '../ports/log.ts';
import type { Flags } from './arguments/flags.ts';
import type { Terminal } from './print/terminal.ts';

/** The two kinds of log lines of a command; both go to standard error, and to the log folder where there is one. */
export interface Logs {
  /** What onejob itself says: from `warn` on, of a process that serves from `info` on, unless somebody asks for more. */
  readonly process: Log;
  /** What the handlers of runs say: from `info` on. */
  readonly runs: Log;
  /** Nobody chose a form and a person looks at a run: lines then leave out what only programs need. */
  readonly isBrief: boolean;
}

/** @throws CONFIG_INVALID when the log folder cannot be written */
export function openLogs(
  log: AppOptions['log'],
  { flags, terminal, kind }: { flags: Flags; terminal: Terminal; kind: 'actions' | 'serves' },
): Logs {
  if (log && isLog(log)) return { process: log, runs: log, isBrief: false };
  const options: LogOptions = log ?? {};
  const asked = options.level ?? (flags.on('alsologtostderr') ? 'info' : terminal.verbose ? 'debug' : undefined);
  const least: LogLevel = terminal.quiet ? 'error' : kind === 'serves' ? 'info' : 'warn';
  const file = options.dir === undefined ? undefined : openFile(options, options.dir, asked ?? 'info');
  const shownAt = (level: LogLevel): Log =>
    createLogger({
      level,
      ...(options.format && { format: options.format }),
      stream: { write: (text) => terminal.complain(text.trimEnd()) },
      isTty: terminal.infoSide.isWatched,
      color: terminal.infoSide.paint.bold('x') !== 'x',
    });
  const withFile = (shown: Log): Log => (file ? both(shown, file) : shown);
  const isBrief =
    kind === 'actions' && terminal.infoSide.isWatched && options.format === undefined && !terminal.verbose;
  return {
    process: withFile(isBrief && asked === undefined ? withoutFailures(shownAt(least)) : shownAt(asked ?? least)),
    runs: withFile(shownAt(asked ?? (terminal.quiet ? 'error' : 'info'))),
    isBrief,
  };
}

function openFile(options: LogOptions, dir: string, level: LogLevel): Log {
  return createLogger({ ...options, dir, level, stream: { write: () => undefined } });
}

/** A log without failed runs: the command tells of them itself, once. */
function withoutFailures(log: Log): Log {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (text: string, fields?: Record<string, unknown>) => {
    if (text !== 'run failed') log[level](text, fields);
  };
  const child = (fields: Record<string, unknown>) => withoutFailures(log.child(fields));
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child };
}

function both(a: Log, b: Log): Log {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (text: string, fields?: Record<string, unknown>) => {
    a[level](text, fields);
    b[level](text, fields);
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => both(a.child(fields), b.child(fields)),
  };
}
