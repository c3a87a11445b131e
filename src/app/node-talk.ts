import { longestWords, type Notifier } from '../ports/notifier.ts';
import { newId, shortId } from '../std/id.ts';

/** Hears what another process said, or, of what this one said, that it can be heard. */
export interface Ear {
  /** What it listens for: the first word of a line. */
  readonly about: string;
  hear(words: readonly string[], from: { readonly isOwn: boolean }): void;
  /** Some lines may have been missed. */
  missed?(): void;
}

/**
 * What processes of one store tell each other, of which each line may be lost: which runs have changed (`run-gossip.ts`),
 * who waits for a run (`caller-talk.ts`). Nobody's correctness rests on it.
 */
export class NodeTalk {
  readonly #notifier: Notifier | null;
  readonly #name = shortId(newId());
  readonly #ears: Ear[] = [];
  #stop: (() => void) | undefined;

  constructor(notifier: Notifier | null) {
    this.#notifier = notifier;
  }

  /** Words beyond what a line holds go on the next one. */
  say(about: string, words: readonly string[]): void {
    const head = `${this.#name} ${about}`;
    let line = head;
    for (const word of words) {
      if (line.length + 1 + word.length > longestWords) {
        this.#notifier?.say(line);
        line = head;
      }
      line += ` ${word}`;
    }
    this.#notifier?.say(line);
  }

  /** From now on; a process that only says something need not. */
  listen(ear: Ear): void {
    this.#ears.push(ear);
    this.#stop ??= this.#notifier?.listen((line) => this.#pass(line));
  }

  close(): void {
    this.#stop?.();
    this.#ears.length = 0;
  }

  #pass(line: string | null): void {
    if (line === null) return this.#ears.forEach((ear) => ear.missed?.());
    const [from, about, ...words] = line.split(' ');
    for (const ear of this.#ears) if (ear.about === about) ear.hear(words, { isOwn: from === this.#name });
  }
}
