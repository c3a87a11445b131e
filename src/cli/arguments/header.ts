import { usage } from './flag.ts';

/**
 * The headers of one `--header`: `test=1;test2=2` as ego writes them, or one `name: value` as curl does (contract
 * EGO-6). Split at the first `=`; trimmed; `\;` is a literal semicolon.
 *
 * A text is curl's where a name and a colon come before any `=` and `;`, so that `a=b:c` and `a=1;b: 2` stay ego's.
 *
 * @throws USAGE naming the piece without a value
 */
export function readHeaders(text: string): [name: string, value: string][] {
  const curl = /^\s*([^\s:=;]+)\s*:([\s\S]*)$/.exec(text);
  if (curl) return [[checkName(curl[1] ?? '', text), checkValue(unescape(curl[2] ?? '').trim())]];
  return splitPieces(text)
    .filter((piece) => piece.trim() !== '')
    .map((piece) => readPiece(piece));
}

/** Splits at each `;` that has no backslash before it; the pieces are unescaped. Shared with `--params`. */
export function splitPieces(text: string): string[] {
  return text.split(/(?<!\\);/).map(unescape);
}

function readPiece(piece: string): [string, string] {
  const at = piece.indexOf('=');
  if (at === -1) {
    usage(`--header: '${piece.trim()}' has no value; write name=value, or name: value`, 'a literal semicolon is \\;');
  }
  return [checkName(piece.slice(0, at).trim(), piece), checkValue(piece.slice(at + 1).trim())];
}

/** The tokens of RFC 9110 §5.6.2; `Headers` would throw a TypeError that names no flag. */
function checkName(name: string, piece: string): string {
  if (/^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name)) return name;
  const what = name === '' ? `'${piece.trim()}' has no name` : `'${name}' cannot be the name of a header`;
  return usage(`--header: ${what}; a name is made of letters, digits and hyphens`);
}

/** What no header can carry (RFC 9110 §5.5): the job's own `request` could not be made of it. */
function checkValue(value: string): string {
  if (!/[\0\r\n]/.test(value)) return value;
  return usage(`--header: ${JSON.stringify(value)} cannot be the value of a header: it has a line break`);
}

function unescape(piece: string): string {
  return piece.replaceAll('\\;', ';');
}
