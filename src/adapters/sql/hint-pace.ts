import { systemClock, type Timer } from '../../std/clock.ts';

/** At least so long is the pause between two hints. Hints in the pause become one at its end. */
const pauseMs = 10;
/** How long a last hint and the end of its connection may take when the process ends. */
const farewellMs = 1_000;

/** When a notifier sends its hints: the first at once, then at most one each 10 ms, and never two at a time. */
export class HintPace {
  readonly #send: () => Promise<void>;
  #sending: Promise<void> = Promise.resolve();
  #pause: Timer | undefined;
  #again = false;
  #closed = false;

  /** @param send never rejects */
  constructor(send: () => Promise<void>) {
    this.#send = send;
  }

  hint(): void {
    if (this.#closed) return;
    if (this.#pause !== undefined) {
      this.#again = true;
      return;
    }
    this.#sending = this.#send();
    // Not before the last one is through: one at a time on the connection.
    this.#pause = systemClock.setTimer(pauseMs, () => void this.#sending.then(() => this.#rested()));
    this.#pause.unref?.();
  }

  /** A hint that waits for its pause is for others: they must not lose it because we leave. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#pause?.cancel();
    if (this.#again) this.#sending = this.#sending.then(() => this.#send());
    await farewell(this.#sending);
  }

  #rested(): void {
    this.#pause = undefined;
    if (!this.#again) return;
    this.#again = false;
    this.hint();
  }
}

/** Resolves when the last work of a notifier has settled, or its time is over. */
export async function farewell(work: Promise<unknown> | undefined): Promise<void> {
  if (work === undefined) return;
  let timer: Timer | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = systemClock.setTimer(farewellMs, resolve);
  });
  await Promise.race([work.catch(() => undefined), timeout]);
  timer?.cancel();
}
