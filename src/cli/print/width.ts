/** Columns that a text takes on a terminal: wide characters (Chinese, emoji) take two, colours and marks none. */
export function textWidth(text: string): number {
  const plain = text.includes('\u001B') ? text.replaceAll(colour, '') : text;
  if (isSimple(plain)) return plain.length;
  let width = 0;
  for (const { segment } of segments(plain)) width += widthOf(segment);
  return width;
}

/** Cuts a text to so many columns, with an ellipsis; colours are closed again. */
export function fitWidth(text: string, width: number): string {
  if (width <= 0) return '';
  if (textWidth(text) <= width) return text;
  if (isSimple(text)) return `${text.slice(0, width - 1)}…`;
  let rest = width - 1;
  let cut = '';
  for (const part of text.split(splitColours)) {
    if (part.startsWith('\u001B')) {
      cut += part;
      continue;
    }
    for (const { segment } of segments(part)) {
      rest -= widthOf(segment);
      if (rest < 0) return `${cut}…${text.includes('\u001B') ? '\u001B[0m' : ''}`;
      cut += segment;
    }
  }
  return cut;
}

/** Fills up with spaces on the right. */
export function padWidth(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

/** A text on one line, without the control characters that would move somebody's cursor. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n]+\s*/g, ' ⏎ ').replaceAll(/\p{Cc}/gu, '·');
}

// oxlint-disable-next-line no-control-regex -- colours are control sequences
const colour = /\u001B\[\d*m/g;
// oxlint-disable-next-line no-control-regex -- colours are control sequences
const splitColours = /(\u001B\[\d*m)/;

/**
 * One column for each unit: Latin, Greek, Cyrillic, punctuation, arrows, lines and our signs. Spares nearly every
 * command the 10 ms that the tables of Unicode take to load.
 */
function isSimple(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    const simple =
      (unit >= 0x20 && unit < 0x7f) ||
      (unit >= 0xa1 && unit < 0x300 && unit !== 0xad) ||
      (unit >= 0x370 && unit < 0x483) ||
      (unit >= 0x2010 && unit < 0x2028) ||
      (unit >= 0x2030 && unit < 0x205f) ||
      (unit >= 0x2190 && unit < 0x2200) ||
      (unit >= 0x2298 && unit < 0x2299) ||
      (unit >= 0x2500 && unit < 0x25fd) ||
      unit === 0x2713 ||
      unit === 0x2717;
    if (!simple) return false;
  }
  return true;
}

let segmenter: Intl.Segmenter | undefined;
let wide: RegExp | undefined;
let nothing: RegExp | undefined;

function segments(text: string): Iterable<{ segment: string }> {
  segmenter ??= new Intl.Segmenter();
  return segmenter.segment(text);
}

function widthOf(segment: string): number {
  nothing ??= /^[\p{Mark}\p{Cf}\p{Cc}]+$/u;
  wide ??=
    /\p{Emoji_Presentation}|[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6]|[\u{20000}-\u{3FFFD}]/u;
  if (nothing.test(segment)) return 0;
  return wide.test(segment) ? 2 : 1;
}
