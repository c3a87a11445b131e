import { readFailure } from './failure.ts';

/** One line of a run's output. The store keeps it as a JSON object, one for each line, in UTF-8. */
export interface OutputLine {
  /** Milliseconds since the epoch, by the worker's clock. */
  readonly at: number;
  /** `log`: written by the handler's log. The others: written by `console`, or into the pipes of a command. */
  readonly stream: 'log' | 'stdout' | 'stderr';
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly text: string;
  readonly fields?: Record<string, unknown>;
  /** The step that was in execution, where there was one. */
  readonly step?: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeLines(lines: readonly OutputLine[]): Uint8Array {
  return encoder.encode(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

export function decodeLines(bytes: Uint8Array): OutputLine[] {
  const text = decoder.decode(bytes);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as OutputLine);
}

/** Fields as plain JSON; what cannot be printed is named instead of failing the log call. */
export function formatFields(fields: Record<string, unknown>): Record<string, unknown> {
  try {
    const text: string | undefined = JSON.stringify(fields, (_, value: unknown) => printable(value));
    const plain: unknown = text === undefined ? undefined : JSON.parse(text);
    return isRecord(plain) ? plain : { fields: plain };
  } catch (error) {
    return { unprintable: readFailure(error).failure.message };
  }
}

/** Code without types may give anything as fields. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function printable(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Error ? `${value.name}: ${value.message}` : value;
}
