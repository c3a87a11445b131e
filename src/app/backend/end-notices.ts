import type { RunId } from '../../job/run.ts';
import type { Clock, Timer } from '../../std/clock.ts';
import type { PeerChannel } from './peer-channel.ts';

export interface EndNoticesOptions {
  readonly channel: PeerChannel;
  readonly clock: Clock;
  /** The process lives long enough to be told who waits. One that does not tells of every end, with its hints. */
  readonly listens: boolean;
  /** Runs may have ended in another process; null: any may have. */
  readonly onEnded: (runs: readonly RunId[] | null) => void;
}

/**
 * Tells the process that waits for a run that it has ended. A process that waits says for which runs, again every ten
 * seconds, and is believed for thirty. A process that ends one of them says so at once, then at most every 10 ms. It
 * also answers for runs that ended just before the question came: each process knows its ends of the last two seconds.
 * A notice may be lost, so who waits also looks now and then (`run-ends.ts`).
 */
export class EndNotices {
  readonly #options: EndNoticesOptions;
  /** The runs that other processes wait for, and until when that is believed. */
  readonly #awaited = new Map<RunId, number>();
  #anyAwaitedUntil = -1;
  /** The runs that ended in this process lately, the oldest first. */
  readonly #ended: { readonly runs: readonly RunId[]; readonly at: number }[] = [];
  #remembered = 0;
  readonly #unsaid = new Set<RunId>();
  #pause: Timer | undefined;
  #subscribes = false;

  constructor(options: EndNoticesOptions) {
    this.#options = options;
    const { channel, listens } = options;
    if (listens)
      channel.subscribe({ about: 'awaits', receive: (runs, { isOwn }) => !isOwn && this.#receivedAwaited(runs) });
  }

  /** Somebody waits for them here. */
  await(runs: readonly RunId[]): void {
    const { channel, onEnded } = this.#options;
    if (!this.#subscribes) {
      this.#subscribes = true; // before it is said: the answer may come at once
      channel.subscribe({
        about: 'ended',
        receive: (runs, { isOwn }) => !isOwn && onEnded(runs[0] === any ? null : runs),
        missed: () => onEnded(null),
      });
    }
    channel.publish('awaits', runs.length > max ? [any] : runs);
  }

  /** They have ended here, or may have, and the store has it. */
  ended(runs: readonly RunId[]): void {
    const now = this.#options.clock.monotonic();
    if (this.#options.listens) this.#remember(runs, now);
    const isAll = !this.#options.listens || now < this.#anyAwaitedUntil;
    if (isAll || this.#awaited.size > 0)
      for (const run of runs) if (isAll || now < (this.#awaited.get(run) ?? -1)) this.#unsaid.add(run);
    if (this.#options.listens || this.#subscribes) this.#say();
  }

  /** A process that does not listen tells when it gives a hint anyway: nothing is opened only for this. */
  hinted(): void {
    this.#say();
  }

  /** Sends what still waits for its pause: others must not lose it because this process leaves. */
  close(): void {
    if (this.#pause === undefined) return;
    this.#pause.cancel();
    this.#pause = undefined;
    this.#say();
    this.#pause = undefined;
  }

  /** Keeps the list whole, without an entry for each run: most ends are never asked for. */
  #remember(runs: readonly RunId[], at: number): void {
    this.#ended.push({ runs, at });
    this.#remembered += runs.length;
    let [oldest] = this.#ended;
    while (oldest && this.#ended.length > 1 && (this.#remembered > maxEnded || at - oldest.at >= rememberedMs)) {
      this.#ended.shift();
      this.#remembered -= oldest.runs.length;
      [oldest] = this.#ended;
    }
  }

  #receivedAwaited(runs: readonly RunId[]): void {
    const now = this.#options.clock.monotonic();
    const isAny = runs[0] === any;
    if (isAny) this.#anyAwaitedUntil = now + believedMs;
    else for (const run of runs) this.#awaited.set(run, now + believedMs);
    if (this.#awaited.size > maxAwaited) this.#forgetOld(now);
    const ended = new Set(this.#ended.flatMap((one) => one.runs));
    for (const run of isAny ? ended : runs) if (ended.has(run)) this.#unsaid.add(run);
    this.#say();
  }

  #forgetOld(now: number): void {
    for (const [run, until] of this.#awaited) if (until <= now) this.#awaited.delete(run);
    if (this.#awaited.size <= maxAwaited) return;
    this.#awaited.clear();
    this.#anyAwaitedUntil = now + believedMs;
  }

  #say(): void {
    if (this.#pause !== undefined || this.#unsaid.size === 0) return;
    this.#options.channel.publish('ended', this.#unsaid.size > max ? [any] : [...this.#unsaid]);
    this.#unsaid.clear();
    this.#pause = this.#options.clock.setTimer(pauseMs, () => {
      this.#pause = undefined;
      this.#say();
    });
    this.#pause.unref?.();
  }
}

const any = '*';
/** Runs named in one notice; more are any run. */
const max = 500;
const maxAwaited = 10_000;
const maxEnded = 1_000;
const rememberedMs = 2_000;
const believedMs = 30_000;
const pauseMs = 10;
