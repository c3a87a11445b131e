import type { RunId } from '../../job/run.ts';
import type { Clock, Timer } from '../../std/clock.ts';
import type { PeerChannel } from './peer-channel.ts';

/**
 * Tells other processes which runs have new mailbox items: at once, then at most every 10 ms. A process that executes
 * one of them fetches its items. No other process does, so what others do costs a worker nothing. A hint that is lost
 * costs up to a second.
 */
export class MessageHints {
  readonly #channel: PeerChannel;
  readonly #clock: Clock;
  /** What is not told yet; null: any run. */
  #untold: Set<RunId> | null = new Set();
  #pause: Timer | undefined;

  constructor({ channel, clock }: { channel: PeerChannel; clock: Clock }) {
    this.#channel = channel;
    this.#clock = clock;
  }

  /** These runs have new items, and the store has them. Null: nobody knows which runs. */
  tell(runs: readonly RunId[] | null): void {
    if (runs === null) this.#untold = null;
    for (const run of runs ?? []) this.#untold?.add(run);
    if (this.#untold && this.#untold.size > maxRuns) this.#untold = null;
    if (this.#pause === undefined) this.#say();
  }

  /** Of other processes. */
  listen(onMessages: (runs: readonly RunId[] | null) => void): void {
    this.#channel.subscribe({
      about,
      receive: (runs, { isOwn }) => !isOwn && onMessages(runs[0] === any ? null : runs),
      missed: () => onMessages(null),
    });
  }

  /** Sends what still waits for its pause: others must not lose it because this process leaves. */
  close(): void {
    this.#pause?.cancel();
    this.#say();
    this.#pause?.cancel();
  }

  #say(): void {
    const runs = this.#untold;
    if (runs?.size === 0) return;
    this.#untold = new Set();
    this.#channel.publish(about, runs === null ? [any] : [...runs]);
    this.#pause = this.#clock.setTimer(pauseMs, () => {
      this.#pause = undefined;
      this.#say();
    });
    this.#pause.unref?.();
  }
}

const about = 'messages';
const any = '*';
const maxRuns = 100;
const pauseMs = 10;
