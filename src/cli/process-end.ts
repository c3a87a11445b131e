/**
 * Sets the exit code and lets the process drain. One that still lives after `graceMs`, because a job left a timer or a
 * connection open, is ended once its output is written (contract EGO-1: the process ends when the job ends).
 */
export function endProcess(code: number, { graceMs, note }: { graceMs: number; note: string | undefined }): void {
  process.exitCode = code;
  const timer = setTimeout(() => {
    if (note !== undefined) process.stderr.write(`${note}\n`);
    exitWhenWritten(code);
  }, graceMs);
  timer.unref();
}

function exitWhenWritten(code: number): void {
  const waiting = [process.stdout, process.stderr].filter((stream) => stream.writableLength > 0 && !stream.destroyed);
  if (waiting.length === 0) process.exit(code);
  setTimeout(() => exitWhenWritten(code), 20);
}
