import { createDeferred } from '../std/deferred.ts';
import { signalExits, type EndSignal } from './exit-code.ts';

/** The wish of a person, or of an init system, that the command ends. */
export interface Interruption {
  /** Aborts with the first signal. */
  readonly signal: AbortSignal;
  /** The first signal; null while there was none. */
  readonly by: EndSignal | null;
  /** The command ends by itself from here on, in its own time: it has work to bring to an end. */
  own(): void;
  /** Resolves three seconds after the first signal, unless the command ends by itself; else never. */
  readonly overdue: Promise<EndSignal>;
  /** Takes the handlers away again. */
  end(): void;
}

/**
 * Listens for SIGINT, SIGTERM and SIGHUP: the first aborts, a second one ends the process at once (contract EGO-25). A
 * terminal that was closed is a wish like the others: Node gives `nohup` no say.
 */
export function listenForSignals(): Interruption {
  const controller = new AbortController();
  const overdue = createDeferred<EndSignal>();
  let by: EndSignal | null = null;
  let isOwned = false;
  let timer: NodeJS.Timeout | undefined;
  const onSignal = (signal: EndSignal) => {
    if (by !== null) process.exit(signalExits[signal]);
    by = signal;
    timer = setTimeout(() => isOwned || overdue.resolve(signal), patienceMs);
    controller.abort(signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    get by() {
      return by;
    },
    own: () => void (isOwned = true),
    overdue: overdue.promise,
    end() {
      clearTimeout(timer);
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

const signals = Object.keys(signalExits) as EndSignal[];
const patienceMs = 3_000;
