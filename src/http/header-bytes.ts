/**
 * A header on the wire is bytes, and Node holds each byte as a character of Latin-1. Callers write UTF-8 into it
 * (contracts EGO-14, EGO-27).
 */
export function headerOfText(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** The text that a header of a request stands for; bytes that are no UTF-8 stay Latin-1. */
export function textOfHeader(value: string): string {
  if (isAscii(value)) return value;
  try {
    return decoder.decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
}

/** One line that a header can carry: control characters are spaces, and at most `maxBytes` of UTF-8, cut at a character. */
export function oneLine(text: string, maxBytes: number): string {
  const line = text.slice(0, maxBytes).toWellFormed().replaceAll(control, ' ').trim();
  const bytes = Buffer.from(line, 'utf8');
  if (bytes.length <= maxBytes) return line;
  let end = maxBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--; // in the middle of a character
  return bytes.toString('utf8', 0, end);
}

export function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text);
}

const decoder = new TextDecoder('utf-8', { fatal: true });
const control = /\p{Cc}|\u2028|\u2029/gu;
