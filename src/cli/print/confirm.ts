import { createInterface } from 'node:readline';
import type { Terminal } from './terminal.ts';

/**
 * Asks on standard error and reads a line: true for `y` and `yes`. False as well when there is nothing more to read, or
 * when `signal` aborts.
 */
export function confirm(terminal: Terminal, question: string, signal: AbortSignal): Promise<boolean> {
  // Without the editing of a terminal, so that Ctrl-C stays a signal.
  const lines = createInterface({ input: process.stdin, terminal: false });
  terminal.ask(`${question} [y/N] `);
  return new Promise((resolve) => {
    const end = (answer: boolean) => {
      lines.close();
      process.stdin.unref();
      resolve(answer);
    };
    lines.once('line', (line) => end(/^\s*y(es)?\s*$/i.test(line)));
    lines.once('close', () => resolve(false));
    signal.addEventListener('abort', () => end(false), { once: true });
  });
}

/** Whether there is somebody to ask. */
export function canConfirm(terminal: Terminal): boolean {
  return terminal.isTalkWatched && process.stdin.isTTY;
}
