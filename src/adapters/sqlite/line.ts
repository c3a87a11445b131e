import type { Enrolment } from '../../ports/store-worker.ts';
import { Desk } from './desk.ts';
import type { Place } from './file-identity.ts';
import type { Call } from './writer.ts';
import { WriterThread } from './writer-thread.ts';

/** The way to the writer: on a thread of its own, or in place. */
export interface Line {
  /** Rejects with an OnejobError. */
  call(call: Omit<Call, 'id'>): Promise<unknown>;
  /** Whether the other end beats by itself. */
  readonly beats: boolean;
  beatFor(worker: Enrolment): void;
  /** Resolves when all calls are answered and the file is closed. */
  close(): Promise<void>;
}

export async function openInPlace({ now, ...place }: Place & { now: () => number }): Promise<Line> {
  // A process that has a thread for it never loads the methods on its main one: 20 ms of a command's start.
  const { Writer } = await import('./writer.ts');
  const desk = new Desk();
  const writer = new Writer({ ...place, now, soon: queueMicrotask, answer: (answers) => desk.settle(answers) });
  return {
    call: (call) => desk.ask((id) => writer.push([{ ...call, id }])),
    beats: false,
    beatFor: () => undefined,
    close: () => writer.close(),
  };
}

export interface ThreadLine extends Line {
  /** Called when the thread runs, or has ended before it did. */
  onUp(fn: () => void): void;
}

/**
 * A thread that died of itself (out of memory, a fault of the driver) is an outage like any (STORE §1.5): the calls that it
 * had are told so, and the next one opens a new thread, which also beats for all workers. Nobody has to open it before:
 * a worker beats every two seconds. The file must still be the one that the thread before it had.
 */
export function openOnThread(place: Place): ThreadLine {
  const workers: Enrolment[] = [];
  let thread = new WriterThread(place);
  let isClosing = false;
  const living = (): WriterThread => {
    if (!thread.isOver || isClosing) return thread;
    thread = new WriterThread(place);
    for (const worker of workers) thread.beatFor(worker);
    return thread;
  };
  return {
    call: (call) => living().call(call),
    beats: true,
    beatFor(worker) {
      workers.push(worker);
      thread.beatFor(worker);
    },
    onUp: (fn) => thread.onUp(fn),
    close() {
      isClosing = true;
      return thread.close();
    },
  };
}
