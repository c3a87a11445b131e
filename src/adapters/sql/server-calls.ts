import { setTimeout as sleep } from 'node:timers/promises';
import type { OnejobError } from '../../job/errors.ts';
import { failpoint } from '../../std/failpoint.ts';
import { closedError } from './failure.ts';

/** How a driver's errors are told apart. */
export interface Failures {
  /** Two transactions were in each other's way and the server ended one: the whole call is worth repeating at once. */
  isCollision(error: unknown): boolean;
  /** The server has no connection free, so the call has not begun. */
  isCrowded(error: unknown): boolean;
  /** The connection broke: the call may or may not have taken effect. */
  isBroken(error: unknown): boolean;
  storeError(error: unknown, url: string): OnejobError;
  /** So often a call that collided is repeated. */
  readonly collisions: number;
}

/** Groups of records, groups of output, claims and heartbeats, and one to read: more would only crowd the server. */
export const defaultMax = 4;
/** The time-out of a call, longer than any call of the port takes. It ends calls whose packets never arrive. */
export const defaultAnswerMs = 30_000;
/** About 5 s in all: so long the server may have no connection free before that is an outage. */
const crowded = 20;

/** The calls of one connection, from their first sending to their answer: what is the same for all drivers. */
export class ServerCalls {
  readonly #url: string;
  readonly #failures: Failures;
  readonly #begun = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  constructor(url: string, failures: Failures) {
    this.#url = url;
    this.#failures = failures;
  }

  /** Counts the call until it has settled; `read` makes of the driver's answer what is answered. It rejects with an error of ours. */
  begin<Answer, T>(work: () => Promise<Answer>, read: (answer: Answer) => T): Promise<T> {
    if (this.#closed !== undefined) return Promise.reject(closedError(this.#url));
    const settled = work().then(read, (error: unknown) => {
      throw this.#failures.storeError(error, this.#url);
    });
    this.#begun.add(settled);
    const forget = () => this.#begun.delete(settled);
    settled.then(forget, forget);
    return settled;
  }

  /**
   * Sends until there is an answer, where repeating is safe and helps.
   * @param isOnce not sent again over a connection that broke: it may take effect twice if it is delivered twice
   */
  async send<T>(send: () => Promise<T>, isOnce = false): Promise<T> {
    const { isCollision, isCrowded, isBroken, collisions } = this.#failures;
    for (let failures = 0; ; failures++) {
      try {
        return await send();
      } catch (error) {
        // An idle connection that broke is noticed only now, and the next one is new; a second failure is an outage.
        if (isCollision(error) && failures < collisions) await sleep(Math.random() * 2 * (failures + 1));
        else if (isCrowded(error) && failures < crowded) await sleep(100 + Math.random() * 300);
        else if (isOnce || !isBroken(error) || failures > 0) throw error;
      }
    }
  }

  /** `send` for a method that writes, between its two failpoints. */
  async write<T>(method: string, send: () => Promise<T>, isOnce = false): Promise<T> {
    await failpoint(`store.${method}.before`);
    const answer = await this.send(send, isOnce);
    await failpoint(`store.${method}.committed`);
    return answer;
  }

  /** Ends the connection when every call begun has settled. Idempotent. */
  close(end: () => Promise<void>): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#begun).then(end);
    return this.#closed;
  }
}
