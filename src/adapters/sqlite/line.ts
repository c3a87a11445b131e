import type { Enrolment } from '../../ports/store-worker.ts';
import { openThread, type Thread } from '../../std/thread.ts';
import { Desk } from './desk.ts';
import { closedError, storeError } from './errors.ts';
import { openExitGate } from './exit-gate.ts';
import type { Inbound, Outbound } from './thread.ts';
import { fromWireAnswer, packCalls, unpack } from './wire.ts';
import type { Call } from './writer.ts';

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

export interface Place {
  readonly path: string;
  readonly url: string;
}

export async function openInPlace({ path, url, now }: Place & { now: () => number }): Promise<Line> {
  // A process that has a thread for it never loads the methods on its main one: 20 ms of a command's start.
  const { Writer } = await import('./writer.ts');
  const desk = new Desk();
  const writer = new Writer({ path, url, now, soon: queueMicrotask, answer: (answers) => desk.settle(answers) });
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
 * Calls made in one turn travel together, also those that are made by who hears of an earlier one: a claim that follows
 * a submit is in its message, and so in its commit. The thread holds the process only while a call is pending.
 */
export function openOnThread({ path, url }: Place): ThreadLine {
  const gate = openExitGate();
  const thread: Thread<Inbound, Outbound> = openThread({
    entry: new URL('./thread.js', import.meta.url),
    name: 'onejob-sqlite',
    data: { path, url, gate: gate.shared },
    unref: true,
  });
  const desk = new Desk((isBusy) => (isBusy ? thread.ref() : thread.unref()));
  let calls: Call[] = [];
  const send = (): void => {
    thread.post({ calls: packCalls(calls) });
    calls = [];
  };
  thread.onMessage(({ answers }) => desk.settle(unpack(answers).map(fromWireAnswer)));
  thread.onExit((_code, error) => {
    gate.remove();
    desk.fail(error === undefined ? closedError(url) : storeError(error, url));
  });
  return {
    call: (call) =>
      desk.ask((id) => {
        calls.push({ ...call, id });
        if (calls.length > 1) return;
        queueMicrotask(() => process.nextTick(send)); // a tick that microtasks ask for comes when none is left
      }),
    beats: true,
    beatFor: ({ id, beatMs }) => thread.post({ beat: id, everyMs: beatMs }),
    onUp(fn) {
      thread.onUp(fn);
      thread.onExit(fn);
    },
    // Only the end of the thread frees the file: @photostructure/sqlite keeps it open as long as a statement lives.
    async close() {
      thread.ref();
      thread.post({ close: true });
      await thread.exited;
    },
  };
}
