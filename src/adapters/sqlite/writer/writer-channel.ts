import type { WorkerRegistration } from '../../../ports/store-worker.ts';
import { PendingCalls } from './pending-calls.ts';
import type { Place } from '../file/file-identity.ts';
import type { Call } from './writer.ts';
import { WriterThread } from './writer-thread.ts';

/** The way to the writer: on a thread of its own, or in place. */
export interface WriterChannel {
  /** Rejects with an OnejobError. */
  call(call: Omit<Call, 'id'>): Promise<unknown>;
  /** Whether the other end makes heartbeats by itself. */
  readonly heartbeats: boolean;
  heartbeatFor(worker: WorkerRegistration): void;
  /** Resolves when all calls are answered and the file is closed. */
  close(): Promise<void>;
}

export async function openInPlace({ now, ...place }: Place & { now: () => number }): Promise<WriterChannel> {
  // A process that has a thread for it never loads the methods on its main one: 20 ms of a command's start.
  const { Writer } = await import('./writer.ts');
  const pendingCalls = new PendingCalls();
  const writer = new Writer({ ...place, now, soon: queueMicrotask, answer: (answers) => pendingCalls.settle(answers) });
  return {
    call: (call) => pendingCalls.add((id) => writer.push([{ ...call, id }])),
    heartbeats: false,
    heartbeatFor: () => undefined,
    close: () => writer.close(),
  };
}

export interface ThreadChannel extends WriterChannel {
  /** Called when the thread runs, or has ended before it did. */
  onUp(fn: () => void): void;
}

/**
 * A thread that died of itself (out of memory, a fault of the driver) is an outage like any (protocol/journal#a-store-that-is-away): the calls that it
 * had are told so, and the next one opens a new thread, which also sends the heartbeats of all workers. Nobody has to open it before:
 * a worker heartbeats every two seconds. The file must still be the one that the thread before it had.
 */
export function openOnThread(place: Place): ThreadChannel {
  const workers: WorkerRegistration[] = [];
  let thread = new WriterThread(place);
  let isClosing = false;
  const living = (): WriterThread => {
    if (!thread.isOver || isClosing) return thread;
    thread = new WriterThread(place);
    for (const worker of workers) thread.heartbeatFor(worker);
    return thread;
  };
  return {
    call: (call) => living().call(call),
    heartbeats: true,
    heartbeatFor(worker) {
      workers.push(worker);
      thread.heartbeatFor(worker);
    },
    onUp: (fn) => thread.onUp(fn),
    close() {
      isClosing = true;
      return thread.close();
    },
  };
}
