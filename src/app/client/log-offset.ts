import { OnejobError } from '../../job/errors.ts';

/**
 * A place in the output of a run: `12` is behind the whole of chunk 12, `12.3` behind the first three lines of the one
 * after it. A number alone is what `seq` says of a line. Chunks are never changed, so a place is the same for ever and
 * for every process of the store; counted in bytes it would cost a reading of all that stands before it.
 */
export interface LogOffset {
  readonly seq: number;
  /** Lines of chunk `seq + 1` that are behind as well. */
  readonly lines: number;
}

export function formatOffset({ seq, lines }: LogOffset): string {
  return lines === 0 ? String(seq) : `${seq}.${lines}`;
}

/** @throws USAGE */
export function parseOffset(text: number | string): LogOffset {
  const [, seq, lines = '0'] = /^(\d{1,15})(?:\.(\d{1,9}))?$/.exec(String(text)) ?? [];
  if (seq !== undefined) return { seq: Number(seq), lines: Number(lines) };
  throw new OnejobError('USAGE', `'${text}' is no offset of a log; write 12, or 12.3 as a line of the log says`);
}
