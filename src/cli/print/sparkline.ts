/** A bar for each number, the highest whole; `·` where it is not known. */
export function sparkline(series: readonly (number | null)[]): string {
  const max = Math.max(1, ...series.map((value) => value ?? 0));
  return series.map((value) => bar(value, max)).join('');
}

/** A number above 0 has a higher bar than 0, however small it is. */
function bar(value: number | null, max: number): string {
  if (value === null) return '·';
  return bars[value === 0 ? 0 : Math.max(1, Math.round((value / max) * (bars.length - 1)))] ?? '';
}

const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
