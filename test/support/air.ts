import type { Notifier } from '../../src/ports/notifier.ts';

/** Between processes of a test: everybody hears everything at once, unless the way is broken. */
export function openAir() {
  const listeners = new Set<(words: string | null) => void>();
  const air = {
    said: [] as string[],
    isBroken: false,
    /** Something may have been lost. */
    miss: () => listeners.forEach((listener) => listener(null)),
  };
  const notifier = (): Notifier => ({
    hint: () => undefined,
    subscribe: () => () => undefined,
    say(words) {
      air.said.push(words);
      if (!air.isBroken) for (const listener of listeners) listener(words);
    },
    listen(onWords) {
      listeners.add(onWords);
      return () => listeners.delete(onWords);
    },
    close: () => Promise.resolve(),
  });
  return { air, notifier };
}
