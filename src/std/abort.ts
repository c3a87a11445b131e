import { setMaxListeners } from 'node:events';

/**
 * An AbortController that is made when somebody asks for its signal. Most short runs never do, and a controller with
 * its signal is the costliest object of an attempt.
 */
export class Abort {
  #controller: AbortController | undefined;
  #reason: Error | undefined;
  /** Something that was to be done is refused or was cut off, because of the abort. */
  hasRefused = false;

  get aborted(): boolean {
    return this.#reason !== undefined;
  }

  get reason(): Error | undefined {
    return this.#reason;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      setMaxListeners(0, this.#controller.signal); // a handler may well wait for twenty things at once
      if (this.#reason) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** The first reason stays. */
  abort(reason: Error): void {
    if (this.#reason) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  /** @throws the reason, when aborted */
  check(): void {
    if (this.#reason) throw this.#reason;
  }
}

/**
 * Settles like `work`, or rejects with the reason as soon as the signal aborts. What `work` does after that is ignored.
 */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let leave: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason as Error);
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (leave) signal.removeEventListener('abort', leave);
  }
}
