import { AsyncLocalStorage } from 'node:async_hooks';
import { format, inspect } from 'node:util';
import type { OutputLine } from '../../job/output-line.ts';

/** Gets the lines that code of one attempt writes with `console`. */
export type ConsoleSink = (line: Pick<OutputLine, 'stream' | 'level' | 'text'>) => void;

const current = new AsyncLocalStorage<ConsoleSink>();
const hooks = new AsyncLocalStorage<true>();
const methods = {
  debug: { stream: 'stdout', level: 'debug', print: format },
  log: { stream: 'stdout', level: 'info', print: format },
  info: { stream: 'stdout', level: 'info', print: format },
  warn: { stream: 'stderr', level: 'warn', print: format },
  error: { stream: 'stderr', level: 'error', print: format },
  // Node prints it by itself; `table`, `trace`, `count`, `assert` and the like end in one of those above.
  dir: { stream: 'stdout', level: 'info', print: (value?: unknown, options?: object) => inspect(value, options) },
} as const;

type Method = keyof typeof methods;
let users = 0;
const originals = new Map<Method, (...args: unknown[]) => void>();

/** Runs `work` so that `console.log` and its kin inside it, also later and in callbacks, go to `sink`. */
export function withConsole<T>(sink: ConsoleSink, work: () => T): T {
  return current.run(sink, work);
}

/**
 * The sink of the attempt whose code executes now, also in callbacks and where a rejection is reported; undefined
 * outside of attempts.
 */
export function currentSink(): ConsoleSink | undefined {
  return current.getStore();
}

/** Runs a hook. Its lines belong to no run, but `isOwnCode` is true in it. */
export function asOwnCode<T>(work: () => T): T {
  return hooks.run(true, work);
}

/** Whether the code that executes now, also in callbacks, was called by the engine: that of a handler, or of a hook. */
export function isOwnCode(): boolean {
  return current.getStore() !== undefined || hooks.getStore() === true;
}

/** Runs `work` outside of any attempt, so that what it prints is not taken for a job's own. */
export function withoutConsole<T>(work: () => T): T {
  return current.exit(work);
}

/**
 * From now on `console` looks where it is called from. Outside of attempts it works as before. Returns a function that
 * ends that.
 */
export function captureConsole(): () => void {
  if (users++ === 0) install();
  let captured = true;
  return () => {
    if (!captured) return;
    captured = false;
    if (--users === 0) uninstall();
  };
}

function install(): void {
  for (const method of Object.keys(methods) as Method[]) {
    const original = console[method] as (...args: unknown[]) => void;
    originals.set(method, original);
    console[method] = (...args: unknown[]) => {
      const sink = current.getStore();
      if (!sink) return original.apply(console, args);
      const { stream, level, print } = methods[method];
      for (const text of (print as (...printed: unknown[]) => string)(...args).split('\n'))
        sink({ stream, level, text });
    };
  }
}

function uninstall(): void {
  for (const [method, original] of originals) console[method] = original;
  originals.clear();
}
