import { parseDuration } from '../../std/duration.ts';

/** The flags of ours that a command line gave, checked already. The last of a repeated flag counts. */
export class Flags {
  readonly #values = new Map<string, string[]>();

  add(name: string, text: string): void {
    const before = this.#values.get(name);
    if (before) before.push(text);
    else this.#values.set(name, [text]);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** Whether a switch is given. */
  on(name: string): boolean {
    return this.text(name) === 'true';
  }

  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  list(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  whole(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : Number(text);
  }

  /** The value of a duration, in milliseconds. */
  duration(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : parseDuration(text);
  }
}
