/** How one service is opened and closed. `open` may be asynchronous; `close` gets what `open` returned. */
export interface ServiceDefinition<T> {
  open(): T | Promise<T>;
  close?(opened: T): unknown;
}

/** A set of named services. All jobs of one set share its open services within a process. */
export interface ServiceSet {
  readonly definitions: Readonly<Record<string, ServiceDefinition<unknown>>>;
}

/** What a job defined without services sees. */
export type NoServices = object;

export const noServices: ServiceSet = { definitions: {} };

/** The short form of the definition of a service: `service(() => connect(url), (api) => api.end())`. */
export function service<T>(open: () => T | Promise<T>, close?: (opened: T) => unknown): ServiceDefinition<T> {
  return close ? { open, close } : { open };
}
