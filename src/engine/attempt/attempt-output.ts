import type { OutputLine } from '../../job/output-line.ts';
import type { Progress } from '../../job/run.ts';
import type { Claim } from '../../ports/store-claim.ts';
import type { Host } from '../host/host.ts';
import { RunOutput } from './run-output.ts';

/** What the code of one attempt writes, for the store and for whoever watches. Most attempts write nothing. */
export class AttemptOutput {
  readonly #claim: Claim;
  readonly #host: Host;
  #opened: RunOutput | undefined;
  #isClosed = false;

  constructor(claim: Claim, host: Host) {
    this.#claim = claim;
    this.#host = host;
  }

  /** Undefined: nothing was written. */
  get opened(): RunOutput | undefined {
    return this.#opened;
  }

  /** False: the buffer is full. Who can wait does until `room`; what is written before is dropped and counted. */
  write(line: OutputLine): boolean {
    if (this.#isClosed) return true;
    const output = this.#open();
    output.add(line);
    this.#host.observer.onLine?.(this.#claim.run, line, this.#claim);
    return !output.isFull;
  }

  /** Resolves when the buffer has room again, or when the attempt is over and nothing is kept any more. */
  room(): Promise<void> {
    return this.#opened?.room() ?? Promise.resolve();
  }

  report(progress: Progress): void {
    if (this.#isClosed) return;
    this.#open().setProgress(progress);
    this.#host.observer.onProgress?.(this.#claim.run, progress);
  }

  /** Resolves when all output so far is committed. */
  async flush(): Promise<void> {
    await this.#opened?.flush();
  }

  /** The attempt is over: what is written from here on is nobody's. */
  close(): void {
    this.#isClosed = true;
    this.#opened?.letGo();
  }

  #open(): RunOutput {
    const { run, epoch, outputSeq: lastSeq, outputBytes: writtenBytes } = this.#claim;
    const { journal, clock, limits } = this.#host;
    const maxBytes = limits.outputBytes;
    this.#opened ??= new RunOutput({ run, epoch, lastSeq, writtenBytes, maxBytes, journal, clock });
    return this.#opened;
  }
}
