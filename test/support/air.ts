import type { Notifier } from '../../src/ports/notifier.ts';

/** Between processes of a test: everybody hears everything at once, unless the way is broken. */
export function openAir() {
  const listeners = new Set<(notification: string | null) => void>();
  const air = {
    said: [] as string[],
    isBroken: false,
    /** Something may have been lost. */
    miss: () => listeners.forEach((listener) => listener(null)),
  };
  const notifier = (): Notifier => ({
    hint: () => undefined,
    subscribe: () => () => undefined,
    publish(notification) {
      air.said.push(notification);
      if (!air.isBroken) for (const listener of listeners) listener(notification);
    },
    listen(onNotification) {
      listeners.add(onNotification);
      return () => listeners.delete(onNotification);
    },
    close: () => Promise.resolve(),
  });
  return { air, notifier };
}
