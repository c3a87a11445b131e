import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type * as Threads from 'node:worker_threads';
import type { Transferable } from 'node:worker_threads';

/** A thread as its opener sees it. `In` goes in, `Out` comes out. */
export interface Thread<In, Out> {
  post(message: In, transfer?: readonly Transferable[]): void;
  /** Register in the turn that opened the thread: what comes earlier is lost. */
  onMessage(fn: (message: Out) => void): void;
  /** Called once its own code begins to run; what was posted before reaches it. Register as `onMessage`. */
  onUp(fn: () => void): void;
  /** Also called when registered after the end. `error` is what the thread threw, if it did. */
  onExit(fn: (code: number, error: unknown) => void): void;
  /** Whether the thread holds the process (it does at first, without the option `unref`). */
  ref(): void;
  unref(): void;
  /** Ends it wherever its code stands, an endless loop too. Resolves with the exit code once it is gone. */
  terminate(): Promise<number>;
  /** Resolves with the exit code; never rejects. */
  readonly exited: Promise<number>;
}

export interface ThreadOptions {
  /** A compiled .js file, `new URL('./heartbeat-thread.js', import.meta.url)`. */
  entry: URL;
  name: string;
  /** Handed over as a structured clone; the inside reads it as `threadPort().data`. */
  data?: unknown;
  /** The whole environment of the thread; default: a copy of ours. */
  env?: Record<string, string | undefined>;
  unref?: boolean;
}

/** Opens a thread; its stdout and stderr appear on ours. Throws a sentence when there is no file at `entry`. */
export function openThread<In, Out>({ entry, name, data, env, unref }: ThreadOptions): Thread<In, Out> {
  const file = fileURLToPath(entry);
  if (!existsSync(file)) throw new Error(`the code of the thread '${name}' is missing: there is no file ${file}`);
  const content: ThreadContent = { name, data };
  const { Worker } = threads();
  const worker = new Worker(entry, { name, workerData: content, ...(env && { env }), ...nodeFlags() });
  let failure: unknown;
  let watchers = 0;
  worker.on('error', (error) => {
    failure = error;
  });
  const exited = new Promise<number>((resolve) => {
    worker.once('exit', (code) => {
      if (failure !== undefined && watchers === 0) warn(name, failure);
      resolve(code);
    });
  });
  if (unref) worker.unref();
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    onMessage: (fn) => void worker.on('message', fn),
    onUp: (fn) => void worker.once('online', fn),
    onExit(fn) {
      watchers += 1;
      void exited.then((code) => fn(code, failure));
    },
    ref: () => worker.ref(),
    unref: () => worker.unref(),
    async terminate() {
      await worker.terminate();
      return exited;
    },
    exited,
  };
}

/** The thread as its own code sees it. */
export interface ThreadPort<In, Out> {
  readonly name: string;
  /** The `data` of the options; its opener knows the type. */
  readonly data: unknown;
  post(message: Out, transfer?: readonly Transferable[]): void;
  /** From the first registration on the thread stays alive for messages; what came before is delivered then. */
  onMessage(fn: (message: In) => void): void;
  /** Takes no more messages: the thread ends when it has nothing else to do. */
  close(): void;
}

/** The way back to the opener. Throws outside a thread that `openThread` opened. */
export function threadPort<In, Out>(): ThreadPort<In, Out> {
  const { parentPort: port, workerData } = threads();
  if (port === null) throw new TypeError('threadPort() is for code that runs in a thread');
  const { name, data } = workerData as ThreadContent;
  return {
    name,
    data,
    post: (message, transfer) => port.postMessage(message, transfer),
    onMessage: (fn) => void port.on('message', fn),
    close: () => port.close(),
  };
}

/** Loaded when there is a thread: it takes 2 ms, and most commands end without one. */
function threads(): typeof Threads {
  return process.getBuiltinModule('node:worker_threads');
}

/**
 * A thread inherits the flags of the process, but Node refuses `--input-type` (of `node --input-type=module -e …`) for
 * a thread that starts from a file. Taking out only that one is no way: flags of V8 are inherited, yet refused in a list.
 */
function nodeFlags(): { execArgv?: string[] } {
  return process.execArgv.some((flag) => flag.startsWith('--input-type')) ? { execArgv: [] } : {};
}

/** What travels as `workerData`. The name goes along because Node 20 does not tell a thread its name. */
interface ThreadContent {
  name: string;
  data: unknown;
}

/** An error of a thread that nobody watches must not vanish. */
function warn(name: string, error: unknown): void {
  const warning = new Error(`the thread '${name}' ended with an error: ${String(error)}`, { cause: error });
  process.emitWarning(warning);
}
