/**
 * Wraps a listener so that it cannot end what it listens to: where one of its methods throws, or its promise rejects,
 * the process says so once, as a warning, and goes on.
 */
export function harmless<T extends object>(listener: T): T {
  const methods = new Map<string | symbol, unknown>();
  const warned = new Set<string | symbol>();
  const warn = (name: string | symbol, thrown: unknown): void => {
    if (warned.has(name)) return;
    warned.add(name);
    process.emitWarning(`${String(name)} of a listener threw, which is passed over: ${sayOf(thrown)}`);
  };
  const quiet =
    (name: string | symbol, method: (...given: unknown[]) => unknown) =>
    (...given: unknown[]): unknown => {
      try {
        const result = method.apply(listener, given);
        if (result instanceof Promise) return result.catch((thrown: unknown) => warn(name, thrown));
        return result;
      } catch (thrown) {
        return warn(name, thrown);
      }
    };
  return new Proxy(listener, {
    get(target, name) {
      const known = methods.get(name);
      if (known !== undefined) return known;
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      const method = quiet(name, member as (...given: unknown[]) => unknown);
      methods.set(name, method);
      return method;
    },
  });
}

function sayOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? (thrown.stack ?? thrown.message) : thrown);
  } catch {
    return 'what cannot be printed';
  }
}
