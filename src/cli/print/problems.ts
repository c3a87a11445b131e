import { relative } from 'node:path';
import type { JobFileProblem } from '../../plugins/problem.ts';
import type { Terminal } from './terminal.ts';

/** Names the files that gave no job; the others work (contract GJ-1). */
export function printProblems(terminal: Terminal, problems: readonly JobFileProblem[]): void {
  for (const problem of problems) {
    terminal.complain(`${terminal.infoSide.paint.yellow('onejob:')} ${problemLine(problem)}`);
  }
}

/** `jobs/report.job.ts:3:7: syntax error: …`, from where the reader stands. */
export function problemLine({ file, line, column, message }: JobFileProblem): string {
  const shown = relative(process.cwd(), file);
  const place = [shown.startsWith('..') ? file : shown, line, column].filter((part) => part !== null).join(':');
  return `${place}: ${message}`;
}
