import { isOnejobError } from '../../job/errors.ts';
import { oneLine } from './width.ts';
import type { Terminal } from './terminal.ts';

/**
 * Says what went wrong in one sentence, and in a second line what to do about it; the stack only with `--verbose`.
 * With `--json` the same is one document on standard output as well, so that a program need not read sentences.
 */
export function printError(terminal: Terminal, error: unknown): void {
  const { code, message, hint } = readError(error);
  if (terminal.json) terminal.outJson({ v: 1, error: { code, message, hint: hint ?? null } });
  const paint = terminal.talkPaint;
  terminal.complain(`${paint.red('onejob:')} ${message.trimEnd()}`);
  if (hint) terminal.complain(paint.dim(`  ${hint}`));
  if (terminal.verbose) terminal.complain(paint.dim(stackOf(error)));
}

function readError(error: unknown): { code: string; message: string; hint?: string | undefined } {
  if (isOnejobError(error)) return { code: error.code, message: error.message, hint: error.hint };
  const message = error instanceof Error ? error.message : oneLine(String(error));
  return { code: 'INTERNAL', message: message || 'an error without a text', hint: '--verbose shows where it happened' };
}

function stackOf(error: unknown): string {
  const lines: string[] = [];
  for (let each = error, depth = 0; each && depth < 5; each = (each as { cause?: unknown }).cause, depth++) {
    const stack = each instanceof Error ? (each.stack ?? each.message) : JSON.stringify(each);
    lines.push(depth === 0 ? stack : `caused by ${stack}`);
  }
  return lines.join('\n');
}
