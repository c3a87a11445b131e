// How the demo looks: its own words, apart from what the commands print.
// @ts-check
import { env, stdout } from 'node:process';

const colours = stdout.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb';

/** @param {number} code @returns {(text: string) => string} */
const style = (code) => (text) => (colours ? `\u001B[${code}m${text}\u001B[0m` : text);

export const paint = { bold: style(1), dim: style(2), red: style(31), green: style(32), cyan: style(36) };

/** @param {string} text */
export function say(text) {
  stdout.write(`${text}\n`);
}

/** @param {string} text */
export function heading(text) {
  say(`\n${paint.bold(text)}`);
  say(paint.dim('─'.repeat(Math.min(columnsOf(text), 100))));
}

/** A line that says why the next command is worth looking at. @param {string} text */
export function remark(text) {
  say(`\n${text}`);
}

/** A command as one would type it. @param {string} line */
export function prompt(line) {
  say(`${paint.green('$')} ${paint.cyan(line)}`);
}

/** What was claimed has been checked. @param {string} text */
export function checked(text) {
  say(`${paint.green('✓')} ${text}`);
}

/**
 * Columns under each other: the first one to the left, the others to the right.
 *
 * @param {readonly (readonly (readonly string[])[])[]} groups the first row of each is its head
 */
export function table(groups) {
  const columns = groups[0]?.[0]?.keys() ?? [];
  const widths = [...columns].map((i) => Math.max(...groups.flat().map((row) => columnsOf(row[i] ?? ''))));
  for (const [head = [], ...rows] of groups) {
    say(paint.dim(line(head, widths)));
    for (const row of rows) say(line(row, widths));
  }
}

/**
 * @param {readonly string[]} row
 * @param {readonly number[]} widths
 */
function line(row, widths) {
  const cells = row.map((cell, i) => {
    const gap = ' '.repeat((widths[i] ?? 0) - columnsOf(cell));
    return i === 0 ? cell + gap : gap + cell;
  });
  return `  ${cells.join('  ')}`.trimEnd();
}

/** Chinese characters are two columns wide. @param {string} text */
function columnsOf(text) {
  return [...text].reduce(
    (sum, char) => sum + (/[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uFF00-\uFF60]/.test(char) ? 2 : 1),
    0,
  );
}
