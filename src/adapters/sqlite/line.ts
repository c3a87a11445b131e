import type { OnejobError } from '../../job/errors.ts';
import { openThread, type Thread } from '../../std/thread.ts';
import { closedError, storeError } from './errors.ts';
import type { Inbound, Outbound } from './thread.ts';
import { fromWireAnswer, packCalls, unpack } from './wire.ts';
import type { Answer, Call } from './writer.ts';

/** The way to the writer: on a thread of its own, or in place. */
export interface Line {
  /** Rejects with an OnejobError. */
  call(call: Omit<Call, 'id'>): Promise<unknown>;
  /** Whether the other end beats by itself. */
  readonly beats: boolean;
  beatFor(worker: string, everyMs: number): void;
  /** Resolves when all calls are answered and the file is closed. */
  close(): Promise<void>;
}

interface Place {
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

/** Calls made in one turn travel together. The thread holds the process only while a call is pending. */
export function openOnThread({ path, url }: Place): Line {
  const thread: Thread<Inbound, Outbound> = openThread({
    entry: new URL('./thread.js', import.meta.url),
    name: 'onejob-sqlite',
    data: { path, url },
    unref: true,
  });
  const desk = new Desk((isBusy) => (isBusy ? thread.ref() : thread.unref()));
  let calls: Call[] = [];
  thread.onMessage(({ answers }) => desk.settle(unpack(answers).map(fromWireAnswer)));
  thread.onExit((_code, error) => {
    desk.fail(error === undefined ? closedError(url) : storeError(error, url));
  });
  return {
    call: (call) =>
      desk.ask((id) => {
        calls.push({ ...call, id });
        if (calls.length > 1) return;
        queueMicrotask(() => {
          thread.post({ calls: packCalls(calls) });
          calls = [];
        });
      }),
    beats: true,
    beatFor: (worker, everyMs) => thread.post({ beat: worker, everyMs }),
    // Only the end of the thread frees the file: @photostructure/sqlite keeps it open as long as a statement lives.
    async close() {
      thread.ref();
      thread.post({ close: true });
      await thread.exited;
    },
  };
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: OnejobError) => void;
}

/** Calls that wait for their answer. */
class Desk {
  readonly #pending = new Map<number, Pending>();
  readonly #onBusy: ((isBusy: boolean) => void) | undefined;
  #lastId = 0;
  #failure: OnejobError | undefined;

  constructor(onBusy?: (isBusy: boolean) => void) {
    this.#onBusy = onBusy;
  }

  ask(send: (id: number) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      const id = ++this.#lastId;
      this.#pending.set(id, { resolve, reject });
      if (this.#pending.size === 1) this.#onBusy?.(true);
      send(id);
    });
  }

  settle(answers: readonly Pick<Answer, 'id' | 'value' | 'error'>[]): void {
    for (const { id, value, error } of answers) {
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      if (error === undefined) pending?.resolve(value);
      else pending?.reject(error);
    }
    if (this.#pending.size === 0) this.#onBusy?.(false);
  }

  /** The other end is gone: no call, pending or to come, gets an answer. */
  fail(error: OnejobError): void {
    this.#failure = error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    this.#onBusy?.(false);
  }
}
