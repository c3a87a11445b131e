import { signalExits, type EndSignal } from './exit-code.ts';

/** The wish of a person, or of an init system, that the command ends. */
export interface Interruption {
  /** Aborts with the first signal. */
  readonly signal: AbortSignal;
  /** The first signal; null while there was none. */
  readonly by: EndSignal | null;
  /** Takes the handlers away again. */
  end(): void;
}

/** Listens for SIGINT and SIGTERM: the first aborts, a second one ends the process at once (CONTRACTS EGO-25). */
export function listenForSignals(): Interruption {
  const controller = new AbortController();
  let by: EndSignal | null = null;
  const onSignal = (signal: EndSignal) => {
    if (by !== null) process.exit(signalExits[signal]);
    by = signal;
    controller.abort(signal);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    get by() {
      return by;
    },
    end() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
