/** `exception`: thrown in a callback. `rejection`: of a promise that nobody awaits. */
export type FaultKind = 'exception' | 'rejection';

/**
 * Called in the context of the code that threw, so `app.running.current` and `app.running.fault` know whose it was. False: not dealt
 * with.
 */
type FaultHandler = (thrown: unknown, kind: FaultKind) => boolean;

/** Errors that nobody caught. Node would end the process with a stack; what is done instead is up to the command. */
export interface Faults {
  handle(handler: FaultHandler): void;
  end(): void;
}

export function listenForFaults(otherwise: (thrown: unknown) => void): Faults {
  let handle: FaultHandler = () => false;
  const onException = (thrown: unknown) => void (handle(thrown, 'exception') || otherwise(thrown));
  const onRejection = (thrown: unknown) => void (handle(thrown, 'rejection') || otherwise(thrown));
  process.on('uncaughtException', onException);
  process.on('unhandledRejection', onRejection);
  return {
    handle(handler) {
      handle = handler;
    },
    end() {
      process.off('uncaughtException', onException);
      process.off('unhandledRejection', onRejection);
    },
  };
}
