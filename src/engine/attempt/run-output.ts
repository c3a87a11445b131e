import type { OutputLine } from '../../job/output-line.ts';
import { encodeLines } from '../../job/output-line.ts';
import type { Progress, RunId } from '../../job/run.ts';
import type { Clock, Timer } from '../../std/clock.ts';
import { createDeferred, type Deferred } from '../../std/deferred.ts';
import type { Journal } from '../journal/journal.ts';

export interface RunOutputOptions {
  readonly run: RunId;
  readonly epoch: number;
  /** The last `seq` that the store has. */
  readonly lastSeq: number;
  /** Bytes that earlier attempts and claims have written. */
  readonly writtenBytes: number;
  /** Bytes kept of the run, over all its attempts. */
  readonly maxBytes: number;
  readonly journal: Journal;
  readonly clock: Clock;
}

/**
 * Collects the lines of one attempt into chunks. What is too much for the buffer or the cap is dropped and counted in a
 * line that says so, and a line that is too long is cut. Who can wait does so while it is full, and loses nothing by that.
 *
 * Of what is left of the run's cap, an attempt writes the first half as it comes, and its last lines take half of the
 * rest: so something is left for the next one, and no number of attempts fills a disk. The end of a run keeps a few lines
 * in any case: they say how it ended.
 */
export class RunOutput {
  readonly #options: RunOutputOptions;
  #seq: number;
  #lines: OutputLine[] = [];
  #bytes = 0;
  /** What is left of the run's cap. */
  #left: number;
  /** What is left of the first half. */
  #headLeft: number;
  #inFlightBytes = 0;
  #inFlight = new Set<Promise<unknown>>();
  /** The last lines; set from the first line on that is beyond the first half. */
  #tail: Tail | undefined;
  #dropped = 0;
  #progress: Progress | null = null;
  #progressSent: Progress | null = null;
  #isProgressOnItsWay = false;
  #timer: Timer | undefined;
  #room: Deferred<void> | undefined;

  constructor(options: RunOutputOptions) {
    this.#options = options;
    this.#seq = options.lastSeq;
    this.#left = Math.max(0, options.maxBytes - options.writtenBytes);
    this.#headLeft = this.#left / 2;
  }

  get lastProgress(): Progress | null {
    return this.#progress;
  }

  add(given: OutputLine): void {
    const line = cutLine(given);
    const bytes = weigh(line);
    if (this.#tail || bytes > this.#headLeft) {
      this.#tail ??= new Tail(Math.max(this.#left / 2, this.#lastBytes));
      this.#dropped += this.#tail.add(line, bytes);
      return;
    }
    if (this.isFull) {
      this.#dropped++;
      return;
    }
    if (this.#dropped > 0) this.#lines.push(this.#droppedLine());
    this.#lines.push(line);
    this.#bytes += bytes;
    this.#left -= bytes;
    this.#headLeft -= bytes;
    if (this.#bytes >= chunkBytes) this.#send();
    else this.#arm();
  }

  /** The next line would be dropped, until some of those before it are committed. */
  get isFull(): boolean {
    return !this.#tail && this.#bytes + this.#inFlightBytes > bufferBytes;
  }

  /** Resolves when it is not full, or when nobody holds the run any more. */
  room(): Promise<void> {
    if (!this.isFull) return Promise.resolve();
    this.#room ??= createDeferred<void>();
    return this.#room.promise;
  }

  /** The attempt is over: nobody shall wait for room. */
  letGo(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  setProgress(progress: Progress): void {
    this.#progress = progress;
    this.#arm();
  }

  /**
   * Resolves when all lines so far are committed: the outcome of a run (`isEnd`) comes after its output (protocol/journal#output-before-the-outcome).
   * What has no room but might be the end of the run stays here.
   */
  async flush(isEnd = false): Promise<void> {
    this.#takeTail(isEnd);
    this.#send();
    while (this.#inFlight.size > 0) {
      await Promise.all(this.#inFlight);
      this.#send(); // what was said meanwhile
    }
  }

  #takeTail(isEnd: boolean): void {
    const room = isEnd ? Math.max(this.#left / 2, this.#lastBytes) : this.#left / 2;
    const taken = this.#tail?.take(room, isEnd);
    if (taken) this.#dropped += taken.dropped;
    if (this.#dropped > 0 && (!taken || taken.lines.length > 0)) this.#lines.push(this.#droppedLine());
    if (!taken) return;
    for (const line of taken.lines) this.#lines.push(line);
    this.#left = Math.max(0, this.#left - taken.bytes);
  }

  /** So much of the end of a run is kept, whatever it wrote before: 64 KiB of 16 MiB. */
  get #lastBytes(): number {
    return this.#options.maxBytes / 256;
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
        if (this.#room && !this.isFull) this.letGo();
      });
      this.#track(sent);
    }
    this.#sendProgress();
  }

  /** Sends one value at a time. While the store is away they must not pile up, and only the last one counts. */
  #sendProgress(): void {
    const { run, epoch, journal } = this.#options;
    if (!this.#progress || this.#progress === this.#progressSent || this.#isProgressOnItsWay) return;
    this.#isProgressOnItsWay = true;
    this.#progressSent = this.#progress;
    const sent = journal.appendProgress({ run, epoch, progress: this.#progress }).then(() => {
      this.#isProgressOnItsWay = false;
      if (this.#progress !== this.#progressSent) this.#arm();
    });
    this.#track(sent);
  }

  #track(sent: Promise<unknown>): void {
    this.#inFlight.add(sent);
    void sent.finally(() => this.#inFlight.delete(sent));
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
const longestText = 65_536;

/** The last lines that fit into `maxBytes`, and always the very last. */
class Tail {
  readonly #maxBytes: number;
  #lines: { readonly line: OutputLine; readonly bytes: number }[] = [];
  #from = 0;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Returns how many lines had to go. */
  add(line: OutputLine, bytes: number): number {
    this.#lines.push({ line, bytes });
    this.#bytes += bytes;
    const before = this.#from;
    while (this.#bytes > this.#maxBytes && this.#from < this.#lines.length - 1) {
      this.#bytes -= this.#lines[this.#from++]?.bytes ?? 0;
    }
    const gone = this.#from - before;
    // Moved up in strides: one by one, each line of a chatty handler would move all the others.
    if (this.#from > 1_024 && this.#from > this.#lines.length / 2) {
      this.#lines = this.#lines.slice(this.#from);
      this.#from = 0;
    }
    return gone;
  }

  /** The last lines that fit into `maxBytes`; where none does, with `atLeastOne` the very last, else all stay. */
  take(maxBytes: number, atLeastOne: boolean): { lines: OutputLine[]; bytes: number; dropped: number } {
    const least = atLeastOne ? 1 : 0;
    let from = this.#lines.length;
    let bytes = 0;
    for (; from > this.#from; from--) {
      const next = this.#lines[from - 1]?.bytes ?? 0;
      if (bytes + next > maxBytes && this.#lines.length - from >= least) break;
      bytes += next;
    }
    const lines = this.#lines.slice(from).map(({ line }) => line);
    if (lines.length === 0) return { lines, bytes, dropped: 0 };
    const dropped = from - this.#from;
    this.#lines = [];
    this.#from = 0;
    this.#bytes = 0;
    return { lines, bytes, dropped };
  }
}

function weigh({ text, fields }: OutputLine): number {
  return 80 + Buffer.byteLength(text) + (fields === undefined ? 0 : JSON.stringify(fields).length);
}

function cutLine(line: OutputLine): OutputLine {
  const { text, fields } = line;
  const isTooLong = text.length > longestText;
  const size = fields === undefined ? 0 : JSON.stringify(fields).length;
  if (!isTooLong && size <= longestText) return line;
  return {
    ...line,
    text: isTooLong ? `${text.slice(0, longestText).toWellFormed()}… and ${text.length - longestText} more` : text,
    ...(size > longestText && { fields: { dropped: `fields of ${size} characters` } }),
  };
}
