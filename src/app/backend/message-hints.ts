import type { RunId } from '../../job/run.ts';
import type { Clock, Timer } from '../../std/clock.ts';
import type { PeerChannel } from './peer-channel.ts';

/**
 * Which runs have got messages, told from process to process: at once, then at most every 10 ms. Who executes one of
 * them fetches; nobody else does, so what strangers do costs a worker nothing. What is lost costs up to a second.
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

  /** The store has them. Null: nobody knows to which runs. */
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

  /** What waits for its pause is for others: they must not lose it because we leave. */
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
