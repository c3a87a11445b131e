import type { WorkerRegistration } from '../../../ports/store-worker.ts';
import { openThread, type Thread } from '../../../std/thread.ts';
import { PendingCalls } from './pending-calls.ts';
import { closedError, threadError, unsendableError } from '../file/errors.ts';
import { type ExitGate, openExitGate } from './exit-gate.ts';
import type { Place } from '../file/file-identity.ts';
import type { Inbound, Outbound, ThreadData } from './thread.ts';
import { decodeAnswer, packCalls, unpack } from './codec.ts';
import type { Call } from './writer.ts';

/**
 * One thread of a writer, from its opening to its end. Calls made in one turn travel together, also those that are made
 * by who hears of an earlier one: a claim that follows a submit is in its message, and so in its commit. The thread
 * holds the process only while a call is pending.
 */
export class WriterThread {
  readonly #url: string;
  readonly #gate: ExitGate = openExitGate();
  readonly #thread: Thread<Inbound, Outbound>;
  readonly #pendingCalls: PendingCalls;
  #calls: Call[] = [];
  #closing = false;
  #over = false;

  constructor({ path, url, identity }: Place) {
    this.#url = url;
    const thread: Thread<Inbound, Outbound> = openThread({
      entry: new URL('./thread.js', import.meta.url),
      name: 'onejob-sqlite',
      data: { path, url, gate: this.#gate.shared, identity: identity.shared } satisfies ThreadData,
      unref: true,
    });
    this.#thread = thread;
    this.#pendingCalls = new PendingCalls((isBusy) => (isBusy ? thread.ref() : thread.unref()));
    thread.onMessage(({ answers }) => this.#pendingCalls.settle(unpack(answers).map(decodeAnswer)));
    thread.onExit((_code, error) => this.#end(error));
  }

  /** No call gets an answer any more. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Rejects with STORE_UNAVAILABLE when the thread ends before it has answered: done or not, nobody knows. */
  call(call: Omit<Call, 'id'>): Promise<unknown> {
    return this.#pendingCalls.add((id) => {
      this.#calls.push({ ...call, id });
      if (this.#calls.length > 1) return;
      queueMicrotask(() => process.nextTick(this.#send)); // a tick that microtasks ask for comes when none is left
    });
  }

  heartbeatFor({ id, heartbeatMs }: WorkerRegistration): void {
    this.#thread.post({ heartbeat: id, everyMs: heartbeatMs });
  }

  /** Called when the thread runs, or has ended before it did. */
  onUp(fn: () => void): void {
    this.#thread.onUp(fn);
    this.#thread.onExit(fn);
  }

  /** Only the end of the thread frees the file: @photostructure/sqlite keeps it open as long as a statement lives. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#thread.ref();
    this.#thread.post({ close: true });
    await this.#thread.exited;
  }

  readonly #send = (): void => {
    const calls = this.#calls;
    this.#calls = [];
    this.#post(calls);
  };

  /** Refuses a call that cannot be packed, alone. The others go, in their order: they belong to other runs. */
  #post(calls: readonly Call[]): void {
    try {
      this.#thread.post({ calls: packCalls(calls) });
    } catch (cause) {
      if (calls.length > 1) for (const call of calls) this.#post([call]);
      else this.#pendingCalls.settle(calls.map(({ id }) => ({ id, error: unsendableError(cause, this.#url) })));
    }
  }

  #end(error: unknown): void {
    this.#over = true;
    this.#gate.remove();
    this.#pendingCalls.fail(this.#closing ? closedError(this.#url) : threadError(error, this.#url));
  }
}
