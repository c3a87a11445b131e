// What all benchmarks share: figures, and the table in bench/results with machine, versions and date.
// @ts-check
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';

/** Writes bench/results/NAME.md. @param {{ name: string; title: string; command: string; head: string[]; rows: string[][]; notes?: string[] }} what */
export async function report({ name, title, command, head, rows, notes = [] }) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  const text = [
    `# ${title}`,
    '',
    `\`${command}\` on ${machine()}, ${new Date().toISOString().slice(0, 10)}.`,
    '',
    line(head),
    line(head.map(() => '---')),
    ...rows.map(line),
    ...(notes.length > 0 ? ['', ...notes] : []),
    '',
  ].join('\n');
  const folder = new URL('results/', import.meta.url);
  await mkdir(folder, { recursive: true });
  await writeFile(new URL(`${name}.md`, folder), text);
}

export function machine() {
  const gib = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} cores (${cpus()[0]?.model?.trim()}), ${gib} GiB, Node ${process.versions.node}, ${process.platform}`;
}

/** @param {readonly number[]} numbers */
export function percentiles(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ share) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0 };
}

/** Three digits that mean something. @param {number} number */
export function round(number) {
  return Number(number.toPrecision(3)).toLocaleString('en');
}
