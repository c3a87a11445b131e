import { oneLine, padWidth, fitWidth, textWidth } from './width.ts';
import type { Terminal } from './terminal.ts';

export interface Column<T> {
  readonly title: string;
  /** The text for people, which may be coloured. */
  readonly cell: (item: T) => string;
  /** The text for programs, whole and without colours. Default: `cell`. */
  readonly plain?: (item: T) => string;
  /** The one column that is cut when the terminal is too narrow. */
  readonly cut?: true;
}

/**
 * On a terminal an aligned table under its titles, without columns that nothing stands in; piped, one line an item, its
 * columns separated by tabs.
 */
export function printTable<T>(terminal: Terminal, columns: readonly Column<T>[], items: readonly T[]): void {
  if (!terminal.isWatched) {
    const text = items.map((item) => columns.map((column) => oneLine((column.plain ?? column.cell)(item))).join('\t'));
    if (text.length > 0) terminal.out(`${text.join('\n')}\n`);
    return;
  }
  if (items.length === 0) return;
  const filled = columns.filter((column) => items.some((item) => column.cell(item) !== ''));
  const titles = filled.map(({ title }) => terminal.paint.dim(title.toUpperCase()));
  const rows = [titles, ...items.map((item) => filled.map((column) => column.cell(item)))];
  terminal.out(`${alignRows(rows, { width: terminal.width, cut: filled.findIndex(({ cut }) => cut) }).join('\n')}\n`);
}

/** Lines whose columns stand below each other, two spaces apart; the column `cut` gives way to the width. */
export function alignRows(
  rows: readonly (readonly string[])[],
  { width = Number.POSITIVE_INFINITY, cut = -1 }: { width?: number; cut?: number } = {},
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, textWidth(cell));
  }
  const total = widths.reduce((sum, each) => sum + each + gap, -gap);
  const cutWidth = widths[cut];
  if (cutWidth !== undefined && total > width) widths[cut] = Math.max(narrowest, cutWidth - (total - width));
  return rows.map((row) =>
    row
      .map((cell, index) => padWidth(fitWidth(cell, widths[index] ?? 0), widths[index] ?? 0))
      .join(' '.repeat(gap))
      .trimEnd(),
  );
}

const gap = 2;
const narrowest = 8;
