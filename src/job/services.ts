/** How one service comes and goes. `open` may be asynchronous; `close` gets what `open` gave. */
export interface ServiceDefinition<T> {
  open(): T | Promise<T>;
  close?(opened: T): unknown;
}

/** A named set of services; jobs defined with one set share its opened services within a process. */
export interface ServiceSet {
  readonly definitions: Readonly<Record<string, ServiceDefinition<unknown>>>;
}

/** What a job defined without services sees. */
export type NoServices = object;

export const noServices: ServiceSet = { definitions: {} };

/** Short form of a definition: `service(() => connect(url), (api) => api.end())`. */
export function service<T>(open: () => T | Promise<T>, close?: (opened: T) => unknown): ServiceDefinition<T> {
  return close ? { open, close } : { open };
}
