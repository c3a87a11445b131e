import { padWidth, textWidth } from '../print/width.ts';
import type { Paint } from '../print/paint.ts';

/** A block of help: a title and what stands below it, indented. */
export function block(title: string, lines: readonly string[], paint: Paint): string {
  return `${paint.bold(title)}\n${lines.map((line) => (line === '' ? '' : `  ${line}`)).join('\n')}\n`;
}

/** Two columns, the second one broken into lines within `width`; a first one that is too long gets a line of its own. */
export function pairs(rows: readonly (readonly [left: string, right: string])[], width: number): string[] {
  const widest = Math.min(leftmost, Math.max(0, ...rows.map(([left]) => textWidth(left))));
  const column = widest + gap;
  return rows.flatMap(([left, right]) => {
    const [first = '', ...more] = wrap(right, Math.max(24, width - column));
    const rest = more.map((line) => ' '.repeat(column) + line);
    if (textWidth(left) > widest && first !== '') return [left, ' '.repeat(column) + first, ...rest];
    return [`${padWidth(left, column)}${first}`.trimEnd(), ...rest];
  });
}

/** Breaks a text at spaces; paragraphs and lines that it has stay. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines = [''];
    for (const positional of paragraph.trim().split(/ +/)) {
      const line = lines.at(-1) ?? '';
      if (line === '') lines[lines.length - 1] = positional;
      else if (textWidth(line) + 1 + textWidth(positional) <= width) lines[lines.length - 1] = `${line} ${positional}`;
      else lines.push(positional);
    }
    return lines;
  });
}

const gap = 3;
const leftmost = 34;
