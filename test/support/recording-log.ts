import type { Log } from '../../src/ports/log.ts';

export interface Logged {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly text: string;
  readonly fields: Record<string, unknown>;
}

/** A log that keeps its lines for a test to read. */
export class RecordingLog implements Log {
  readonly lines: Logged[];
  readonly #fields: Record<string, unknown>;

  constructor(lines: Logged[] = [], fields: Record<string, unknown> = {}) {
    this.lines = lines;
    this.#fields = fields;
  }

  debug(text: string, fields: Record<string, unknown> = {}): void {
    this.#add('debug', text, fields);
  }

  info(text: string, fields: Record<string, unknown> = {}): void {
    this.#add('info', text, fields);
  }

  warn(text: string, fields: Record<string, unknown> = {}): void {
    this.#add('warn', text, fields);
  }

  error(text: string, fields: Record<string, unknown> = {}): void {
    this.#add('error', text, fields);
  }

  child(fields: Record<string, unknown>): Log {
    return new RecordingLog(this.lines, { ...this.#fields, ...fields });
  }

  /** The texts of one level. */
  texts(level: Logged['level']): string[] {
    return this.lines.filter((line) => line.level === level).map(({ text }) => text);
  }

  #add(level: Logged['level'], text: string, fields: Record<string, unknown>): void {
    this.lines.push({ level, text, fields: { ...this.#fields, ...fields } });
  }
}
