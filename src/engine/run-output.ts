import type { OutputLine } from '../job/output-line.ts';
import { encodeLines } from '../job/output-line.ts';
import type { Progress, RunId } from '../job/run.ts';
import type { Clock, Timer } from '../std/clock.ts';
import type { Journal } from './journal.ts';

export interface RunOutputOptions {
  readonly run: RunId;
  readonly epoch: number;
  /** The last `seq` that the store has. */
  readonly lastSeq: number;
  /** Bytes kept of one attempt: the first half as they come, of the rest the end. */
  readonly maxBytes: number;
  readonly journal: Journal;
  readonly clock: Clock;
}

/**
 * Collects the lines of one attempt into chunks. Never holds up the handler: what is too much for the buffer or the
 * cap is dropped and counted in a line that says so.
 */
export class RunOutput {
  readonly #options: RunOutputOptions;
  #seq: number;
  #lines: OutputLine[] = [];
  #bytes = 0;
  #written = 0;
  #inFlightBytes = 0;
  #inFlight = new Set<Promise<unknown>>();
  #tail: OutputLine[] = [];
  #tailBytes = 0;
  #dropped = 0;
  #progress: Progress | null = null;
  #progressSent: Progress | null = null;
  #timer: Timer | undefined;

  constructor(options: RunOutputOptions) {
    this.#options = options;
    this.#seq = options.lastSeq;
  }

  get lastProgress(): Progress | null {
    return this.#progress;
  }

  add(line: OutputLine): void {
    const bytes = 80 + line.text.length;
    if (this.#written + bytes > this.#options.maxBytes / 2) return this.#keepTail(line, bytes);
    if (this.#bytes + this.#inFlightBytes > bufferBytes) {
      this.#dropped++;
      return;
    }
    if (this.#dropped > 0) this.#lines.push(this.#droppedLine());
    this.#lines.push(line);
    this.#bytes += bytes;
    this.#written += bytes;
    if (this.#bytes >= chunkBytes) this.#send();
    else this.#arm();
  }

  setProgress(progress: Progress): void {
    this.#progress = progress;
    this.#arm();
  }

  /** Resolves when all lines so far are committed: the outcome of a run comes after its output (STORE §1.4). */
  async flush(): Promise<void> {
    if (this.#dropped > 0 || this.#tail.length > 0) {
      if (this.#dropped > 0) this.#lines.push(this.#droppedLine());
      this.#lines.push(...this.#tail);
      this.#tail = [];
    }
    this.#send();
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
  }

  #arm(): void {
    this.#timer ??= this.#options.clock.setTimer(flushMs, () => this.#send());
  }

  #send(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const { run, epoch, journal } = this.#options;
    if (this.#lines.length > 0) {
      const bytes = encodeLines(this.#lines);
      this.#lines = [];
      this.#bytes = 0;
      this.#inFlightBytes += bytes.length;
      const sent = journal.appendChunk({ run, epoch, seq: ++this.#seq, bytes }).then(() => {
        this.#inFlightBytes -= bytes.length;
      });
      this.#track(sent);
    }
    if (this.#progress && this.#progress !== this.#progressSent) {
      this.#progressSent = this.#progress;
      this.#track(journal.appendProgress({ run, epoch, progress: this.#progress }));
    }
  }

  #track(sent: Promise<unknown>): void {
    this.#inFlight.add(sent);
    void sent.finally(() => this.#inFlight.delete(sent));
  }

  #keepTail(line: OutputLine, bytes: number): void {
    this.#tail.push(line);
    this.#tailBytes += bytes;
    let gone = 0;
    while (this.#tailBytes > this.#options.maxBytes / 2 && gone < this.#tail.length - 1) {
      this.#tailBytes -= 80 + (this.#tail[gone]?.text.length ?? 0);
      gone++;
    }
    if (gone === 0) return;
    this.#dropped += gone;
    this.#tail.splice(0, gone);
  }

  #droppedLine(): OutputLine {
    const count = this.#dropped;
    this.#dropped = 0;
    return {
      at: this.#options.clock.now(),
      stream: 'log',
      level: 'warn',
      text: `… ${count} lines were dropped here: the run writes more than is kept`,
      fields: { dropped: count },
    };
  }
}

const flushMs = 100;
const chunkBytes = 65_536;
const bufferBytes = 1_048_576;
