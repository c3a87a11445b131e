import type { RunId } from '../../job/run.ts';
import type { Clock, Timer } from '../../std/clock.ts';
import type { PeerChannel } from './peer-channel.ts';

export interface RunChangeNotifierOptions {
  readonly channel: PeerChannel;
  readonly clock: Clock;
  /** The process lives long enough to be told whether anybody wants to know. One that does not tells in any case. */
  readonly listens: boolean;
  /** Runs have changed in another process; null: any run may have changed. */
  readonly onChange: (runs: readonly RunId[] | null) => void;
}

/**
 * Tells other processes which runs have changed, at most ten times a second, and only while one of them wants to know.
 * Such a process says so every ten seconds, and is believed for thirty. More than 50 runs at once do not fit into a
 * line: then any run may have changed. Lines may be lost, so every ten seconds any run may have changed.
 */
export class RunChangeNotifier {
  readonly #options: RunChangeNotifierOptions;
  /** What is not told yet; null: any. */
  #changed: Set<RunId> | null = new Set();
  #pause: Timer | undefined;
  #wantedUntil: number;
  #asking: Timer | undefined;

  constructor(options: RunChangeNotifierOptions) {
    this.#options = options;
    const { channel, clock, listens } = options;
    // Somebody may have said so before this process came.
    this.#wantedUntil = listens ? clock.monotonic() + believedMs : Infinity;
    if (!listens) return;
    channel.subscribe({ about: 'wanted', receive: (_, { isOwn }) => !isOwn && this.#receivedWanted() });
    channel.subscribe({
      about: 'changed',
      receive: (runs, { isOwn }) => !isOwn && options.onChange(runs[0] === any ? null : runs),
      missed: () => options.onChange(null),
    });
  }

  get isWanted(): boolean {
    return this.#options.clock.monotonic() < this.#wantedUntil;
  }

  /** They have changed, and the store has it. */
  tell(runs: readonly RunId[]): void {
    if (!this.isWanted) return;
    for (const run of runs) this.#changed?.add(run);
    if (this.#changed && this.#changed.size > max) this.#changed = null;
    if (this.#options.listens) this.#rest();
  }

  /** A process that does not listen tells when it gives a hint anyway: nothing is opened only for this. */
  hinted(): void {
    if (this.#options.listens || this.#pause !== undefined) return;
    this.#say();
    this.#rest();
  }

  /** Until the answer is called, others are asked to tell. */
  want(): () => void {
    const request = (): void => {
      this.#options.channel.publish('wanted', []);
      this.#asking = this.#options.clock.setTimer(requestMs, () => {
        this.#options.onChange(null);
        request();
      });
      this.#asking.unref?.();
    };
    request();
    return () => this.#asking?.cancel();
  }

  close(): void {
    this.#asking?.cancel();
    if (this.#pause === undefined) return;
    this.#pause.cancel();
    this.#say();
  }

  #receivedWanted(): void {
    const wasWanted = this.isWanted;
    this.#wantedUntil = this.#options.clock.monotonic() + believedMs;
    if (wasWanted) return;
    this.#changed = null; // of what changed before, nobody was told
    this.#rest();
  }

  #say(): void {
    const changed = this.#changed;
    this.#changed = new Set();
    if (changed === null) this.#options.channel.publish('changed', [any]);
    else if (changed.size > 0) this.#options.channel.publish('changed', [...changed]);
  }

  #rest(): void {
    if (this.#pause !== undefined) return;
    this.#pause = this.#options.clock.setTimer(restMs, () => {
      this.#pause = undefined;
      this.#say();
    });
    this.#pause.unref?.();
  }
}

const any = '*';
/** So many fill one line; each one more would cost a server another commit, for readers who read a whole list anew anyway. */
const max = 50;
const restMs = 100;
const requestMs = 10_000;
const believedMs = 30_000;
