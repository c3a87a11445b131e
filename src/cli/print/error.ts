import { isOnejobError } from '../../job/errors.ts';
import { stackWithCauses } from '../../job/thrown-text.ts';
import { printable } from '../../std/printable.ts';
import { oneLine } from './width.ts';
import type { Terminal } from './terminal.ts';

/**
 * Says what went wrong in one sentence, and in a second line what to do about it; the stack only with `--verbose`.
 * With `--json` the same is one document on standard output as well, so that a program need not read sentences.
 */
export function printError(terminal: Terminal, error: unknown): void {
  const { code, message, hint } = readError(error);
  if (terminal.json) terminal.outJson({ v: 1, error: { code, message, hint: hint ?? null } });
  const paint = terminal.infoSide.paint;
  terminal.complain(`${paint.red('onejob:')} ${printable(message.trimEnd())}`);
  if (hint) terminal.complain(paint.dim(`  ${printable(hint)}`));
  if (terminal.verbose) terminal.complain(paint.dim(printable(stackWithCauses(error) ?? String(error))));
}

function readError(error: unknown): { code: string; message: string; hint?: string | undefined } {
  if (isOnejobError(error)) return { code: error.code, message: error.message, hint: error.hint };
  const message = error instanceof Error ? error.message : oneLine(String(error));
  return { code: 'INTERNAL', message: message || 'an error without a text', hint: '--verbose shows where it happened' };
}
