import type { Run } from '../../job/run.ts';
import type { Terminal } from './terminal.ts';

/**
 * What a job answered, on standard output (contract EGO-7): what it wrote to `response`, else the value it returned,
 * a text as text, anything else as JSON. Of several jobs each under its name, as `head` names its files.
 */
export function printResult(terminal: Terminal, run: Run, several: boolean): void {
  const text = resultText(run, terminal.isWatched);
  if (text === null) return;
  const head = several ? `==> ${run.job} <==\n` : '';
  terminal.out(head + (text.endsWith('\n') ? text : `${text}\n`));
}

/** The answer of a job as text. Null: it answered nothing. */
export function resultText(run: Pick<Run, 'output' | 'response'>, indented: boolean): string | null {
  const body = run.response?.body;
  if (body !== undefined && body !== null && body !== '') return body;
  if (run.output === null) return null;
  const value = JSON.parse(run.output) as unknown;
  if (typeof value === 'string') return value;
  return indented ? JSON.stringify(value, null, 2) : run.output;
}
