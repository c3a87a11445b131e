import { fitWidth } from './width.ts';

/** The part of a terminal stream that the lines need. */
export interface LiveStream {
  write(text: string): unknown;
  readonly columns?: number | undefined;
}

const redrawMs = 100;

/**
 * Lines at the end of a terminal that change in place: progress of what is going on. Redrawn at most ten times a
 * second, gone when done; whoever writes anything else calls `hide` first.
 */
export class LiveLines {
  readonly #stream: LiveStream;
  readonly #lines = new Map<string, string>();
  #drawn = 0;
  #timer: NodeJS.Timeout | undefined;
  #lastMs = -redrawMs;

  constructor(stream: LiveStream) {
    this.#stream = stream;
  }

  /** `text` of one line; undefined takes the line away. */
  set(key: string, text: string | undefined): void {
    if (text === undefined) {
      if (!this.#lines.delete(key)) return;
    } else {
      this.#lines.set(key, text);
    }
    this.#soon();
  }

  /** Takes the lines off the screen; they come back with the next drawing. */
  hide(): void {
    if (this.#drawn === 0) return;
    this.#stream.write(`\r${'\u001B[1A'.repeat(this.#drawn - 1)}\u001B[0J`);
    this.#drawn = 0;
    if (this.#lines.size > 0) this.#soon();
  }

  end(): void {
    this.#lines.clear();
    this.hide();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #soon(): void {
    const waitMs = this.#lastMs + redrawMs - performance.now();
    if (waitMs <= 0 && !this.#timer) this.#draw();
    else this.#timer ??= setTimeout(() => this.#draw(), Math.max(0, waitMs)).unref();
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lastMs = performance.now();
    const up = this.#drawn > 1 ? `\u001B[${this.#drawn - 1}A` : '';
    const width = (this.#stream.columns ?? 80) - 1;
    const shown = [...this.#lines.values()].map((line) => fitWidth(line, width));
    const text = shown.map((line) => `${line}\u001B[K`).join('\n');
    this.#stream.write(`${this.#drawn > 0 ? `\r${up}` : ''}${text}\u001B[0J`);
    this.#drawn = shown.length;
  }
}
