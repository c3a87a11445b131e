import { LiveLines } from './live-lines.ts';
import { createPaint, wantsColour, type Paint } from './paint.ts';

/** A stream as the terminal needs it; `process.stdout` is one. */
export interface OutStream extends NodeJS.EventEmitter {
  write(text: string): boolean;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface TerminalOptions {
  readonly stdout: OutStream;
  readonly stderr: OutStream;
  readonly env: NodeJS.ProcessEnv;
  readonly json: boolean;
  readonly noColor: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Of a terminal on the same streams. */
  readonly gone?: AbortSignal;
}

/**
 * What a command writes: data on standard output, everything else on standard error. A reader that leaves (`| head`) is
 * no error: `gone` aborts, and what is written afterwards is dropped. A full disk is no failure of a run, either.
 */
export class Terminal {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
  /** Colours for standard output. */
  readonly paint: Paint;
  /** Somebody is looking at standard output. */
  readonly isWatched: boolean;
  /** Both of standard error, where lines about the work go. */
  readonly infoSide: { readonly isWatched: boolean; readonly paint: Paint };
  /** Lines that change in place while the work goes on; only where somebody looks. */
  readonly live: LiveLines | undefined;
  readonly gone: AbortSignal;
  readonly #stdout: OutStream;
  readonly #stderr: OutStream;
  #hasData = false;

  constructor({ stdout, stderr, env, json, noColor, quiet, verbose, gone }: TerminalOptions) {
    this.json = json;
    this.quiet = quiet;
    this.verbose = verbose;
    this.isWatched = stdout.isTTY === true;
    this.paint = createPaint(wantsColour(env, this.isWatched, noColor));
    const isInfoWatched = stderr.isTTY === true;
    this.infoSide = { isWatched: isInfoWatched, paint: createPaint(wantsColour(env, isInfoWatched, noColor)) };
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.live = isInfoWatched && !quiet && env['TERM'] !== 'dumb' ? new LiveLines(stderr) : undefined;
    this.gone = gone ?? watchForEnd(stdout, stderr);
  }

  /** Columns of the terminal that data go to; unlimited where nobody looks. */
  get width(): number {
    return this.isWatched ? (this.#stdout.columns ?? 80) : Number.POSITIVE_INFINITY;
  }

  /** Data, as they are. */
  out(text: string): void {
    this.#hasData = true;
    if (this.gone.aborted) return;
    this.live?.hide();
    this.#stdout.write(text);
  }

  /** One JSON document: readable on a terminal, one line for a program. */
  outJson(value: unknown): void {
    this.out(`${JSON.stringify(value, null, this.isWatched ? 2 : undefined)}\n`);
  }

  /** A line about the work, which `--quiet` leaves out. */
  info(text: string): void {
    if (!this.quiet) this.complain(text);
  }

  /**
   * A line that has to be said: errors, and the job's own output where standard output belongs to JSON. What is typed
   * after a question stands behind it, so a question has another `end`.
   */
  complain(text: string, end = '\n'): void {
    this.live?.hide();
    this.#stderr.write(`${text}${end}`);
  }

  end(): void {
    this.live?.end();
  }

  /** False: what standard output was given could not be written, and that is said now, where it can be said. */
  async isWritten(): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve)); // a file says so in the next turn
    const reason: unknown = this.gone.reason;
    if (!this.#hasData || !this.gone.aborted || isReaderGone(reason)) return true;
    this.complain(`onejob: what it has to say could not be written: ${reason instanceof Error ? reason.message : ''}`);
    return false;
  }
}

/**
 * Without a listener the first write after the reader left, or to a disk that is full, would throw in the middle of the
 * work, and would be taken for an error of a run that goes on. The reason says which it was.
 */
function watchForEnd(stdout: OutStream, stderr: OutStream): AbortSignal {
  const controller = new AbortController();
  stdout.on('error', (error: NodeJS.ErrnoException) => controller.abort(error));
  stderr.on('error', () => undefined); // nobody is left to tell
  return controller.signal;
}

function isReaderGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}
