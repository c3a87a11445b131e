import { maxNotificationLength, type Notifier } from '../../ports/notifier.ts';
import { newId, shortId } from '../../std/id.ts';

/** Gets the lines of other processes, and learns from those of its own that they arrive. */
export interface Subscriber {
  /** What it listens for: the first word of a line. */
  readonly about: string;
  receive(values: readonly string[], from: { readonly isOwn: boolean }): void;
  /** Some lines may have been missed. */
  missed?(): void;
}

/**
 * What processes of one store tell each other, of which each line may be lost: which runs have changed (`run-changeNotifier.ts`),
 * who waits for a run (`caller-talk.ts`). Nobody's correctness rests on it.
 */
export class PeerChannel {
  readonly #notifier: Notifier | null;
  readonly #name = shortId(newId());
  readonly #subscribers: Subscriber[] = [];
  #stop: (() => void) | undefined;

  constructor(notifier: Notifier | null) {
    this.#notifier = notifier;
  }

  /** Sends values; those that do not fit into one line go into the next one. */
  publish(about: string, values: readonly string[]): void {
    const head = `${this.#name} ${about}`;
    let line = head;
    for (const value of values) {
      if (line.length + 1 + value.length > maxNotificationLength) {
        this.#notifier?.publish(line);
        line = head;
      }
      line += ` ${value}`;
    }
    this.#notifier?.publish(line);
  }

  /** Calls this subscriber from now on. A process that only sends lines needs none. */
  subscribe(subscriber: Subscriber): void {
    this.#subscribers.push(subscriber);
    this.#stop ??= this.#notifier?.listen((line) => this.#pass(line));
  }

  close(): void {
    this.#stop?.();
    this.#subscribers.length = 0;
  }

  #pass(line: string | null): void {
    if (line === null) return this.#subscribers.forEach((subscriber) => subscriber.missed?.());
    const [from, about, ...values] = line.split(' ');
    for (const subscriber of this.#subscribers)
      if (subscriber.about === about) subscriber.receive(values, { isOwn: from === this.#name });
  }
}
