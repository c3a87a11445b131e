import { createInterface } from 'node:readline';
import type { Terminal } from './terminal.ts';

/**
 * Asks on standard error and reads a line: true for `y` and `yes`. False as well when there is nothing more to read, or
 * when `signal` aborts.
 */
export function confirm(terminal: Terminal, question: string, signal: AbortSignal): Promise<boolean> {
  // Without the editing of a terminal, so that Ctrl-C stays a signal.
  const lines = createInterface({ input: process.stdin, terminal: false });
  terminal.complain(`${question} [y/N] `, '');
  return new Promise((resolve) => {
    let answer: boolean | undefined;
    lines.once('line', (line) => {
      answer = /^\s*y(es)?\s*$/i.test(line);
      lines.close();
    });
    lines.once('close', () => {
      process.stdin.unref();
      if (answer === undefined) terminal.complain('\n', ''); // the question's line has not been ended by an answer
      resolve(answer ?? false);
    });
    signal.addEventListener('abort', () => lines.close(), { once: true });
  });
}

/** Whether there is somebody to ask. */
export function canConfirm(terminal: Terminal): boolean {
  return terminal.infoSide.isWatched && process.stdin.isTTY;
}
