import type { LogLevel } from '../../ports/log.ts';
import { printable } from '../../std/printable.ts';
import { hidden, isSecretName, maskUrl } from '../config/mask.ts';

export type Fields = Readonly<Record<string, unknown>>;

export interface LogEntry {
  readonly time: Date;
  readonly level: LogLevel;
  readonly text: string;
  readonly fields: Fields;
}

/** For programs, as pino writes it: `{"time":"2026-01-02T03:04:05.678Z","level":"info","msg":"…", …fields}`. */
export function jsonLine({ time, level, text, fields }: LogEntry): string {
  const line: Record<string, unknown> = { time: time.toISOString(), level, msg: maskUrl(text) };
  // A field of one of these three names must not replace it.
  for (const [name, value] of Object.entries(fields)) line[name in line ? `${name}_` : name] = clean(name, value);
  try {
    return `${JSON.stringify(line, clean)}\n`;
  } catch {
    return `${JSON.stringify({ time: line['time'], level, msg: line['msg'], fields: '[not JSON]' })}\n`;
  }
}

/** For people: `03:04:05.678 WARN  text  key=value`, in local time; an error's stack below. */
export function prettyLine({ time, level, text, fields }: LogEntry, color: boolean): string {
  const paint = (code: number, text: string): string => (color ? `\u{1B}[${code}m${text}\u{1B}[0m` : text);
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, '0'));
  const at = `${clock.join(':')}.${String(time.getMilliseconds()).padStart(3, '0')}`;
  const parts = [paint(dim, at), paint(colors[level], level.toUpperCase().padEnd(5)), printable(maskUrl(text))];
  const stacks: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    parts.push(`${paint(dim, `${show(name)}=`)}${show(clean(name, value instanceof Error ? value.message : value))}`);
    if (value instanceof Error && value.stack) stacks.push(paint(dim, indent(printable(maskUrl(value.stack)))));
  }
  return `${[indent(parts.join(' ')).trimStart(), ...stacks].join('\n')}\n`;
}

const dim = 2;
const colors: Readonly<Record<LogLevel, number>> = { debug: 36, info: 32, warn: 33, error: 31, silent: 0 };

/** A replacer for `JSON.stringify`: hides secrets, and writes out what JSON has no form for. */
function clean(name: string, value: unknown): unknown {
  if (isSecretName(name) && value !== undefined && value !== null) return hidden;
  if (typeof value === 'string') return maskUrl(value);
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Error) {
    const { code, message, stack } = value as Error & { code?: unknown };
    return { code, message: maskUrl(message), stack: stack === undefined ? undefined : maskUrl(stack) };
  }
  return value;
}

/** Bare where no reader could be mistaken about its end, else quoted. */
function show(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=\p{Cc}]+$/u.test(value)) return value;
  try {
    return printable(JSON.stringify(value, clean) ?? String(value));
  } catch {
    return '[not JSON]';
  }
}

/** Lines after the first stand under it. */
function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '    ');
}
