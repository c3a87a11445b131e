/** How long a connection or timer that a job left open may keep the process alive. */
const graceMs = 300;

/**
 * Sets the exit code and lets the process drain; one that still lives after a moment, because a job left something
 * open, is ended once its output is written (CONTRACTS EGO-1: the process ends when the job ends).
 */
export function endProcess(code: number): void {
  process.exitCode = code;
  setTimeout(() => exitWhenWritten(code), graceMs).unref();
}

function exitWhenWritten(code: number): void {
  const waiting = [process.stdout, process.stderr].filter((stream) => stream.writableLength > 0 && !stream.destroyed);
  if (waiting.length === 0) process.exit(code);
  setTimeout(() => exitWhenWritten(code), 20);
}
