/** `exception`: thrown in a callback. `rejection`: of a promise that nobody awaits. */
export type FaultKind = 'exception' | 'rejection';

/** Called in the context of the code that threw, so `app.current` and `app.fault` know whose it was. */
export type FaultHandler = (thrown: unknown, kind: FaultKind) => void;

/** Errors that nobody caught. Node would end the process with a stack; what is done instead is up to the command. */
export interface Faults {
  handle(handler: FaultHandler): void;
  end(): void;
}

export function listenForFaults(otherwise: FaultHandler): Faults {
  let current = otherwise;
  const onException = (thrown: unknown) => current(thrown, 'exception');
  const onRejection = (thrown: unknown) => current(thrown, 'rejection');
  process.on('uncaughtException', onException);
  process.on('unhandledRejection', onRejection);
  return {
    handle(handler) {
      current = handler;
    },
    end() {
      process.off('uncaughtException', onException);
      process.off('unhandledRejection', onRejection);
    },
  };
}
