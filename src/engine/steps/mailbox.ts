import type { MailboxItem } from '../../ports/store-action.ts';
import { createDeferred, type Deferred } from '../../std/deferred.ts';

/** The mailbox items to one run that nobody has consumed, and those who wait for one: first come, first served, per name. */
export class Mailbox {
  #seen: number;
  readonly #items: MailboxItem[];
  readonly #waiting: {
    readonly kind: MailboxItem['kind'];
    readonly name: string;
    readonly take: (item: MailboxItem) => void;
  }[] = [];

  /** The number that somebody waits for, and how he is told. */
  #awaited: { readonly n: number; readonly arrived: Deferred<void> } | undefined;

  constructor(mailboxSeq = 0, items: readonly MailboxItem[] = []) {
    this.#seen = mailboxSeq;
    this.#items = items.filter(({ kind }) => kind !== 'cancel');
  }

  /** Number of the last mailbox item that was delivered here; a suspension carries it. */
  get seen(): number {
    return this.#seen;
  }

  /** Adds what is new. All mailbox items up to `mailboxSeq` are among them, or were delivered or consumed before. */
  deliver(mailboxSeq: number, items: readonly MailboxItem[]): void {
    const fresh = items.filter(({ n }) => n > this.#seen);
    this.#seen = Math.max(this.#seen, mailboxSeq);
    for (const item of fresh) {
      if (item.kind === 'cancel') continue;
      const at = this.#waiting.findIndex(({ kind, name }) => kind === item.kind && name === item.name);
      const [waiter] = at === -1 ? [] : this.#waiting.splice(at, 1);
      if (waiter) waiter.take(item);
      else this.#items.push(item);
    }
    if (this.#awaited && this.#seen >= this.#awaited.n) this.#awaited.arrived.resolve();
  }

  /** Resolves when all mailbox items up to that number are here; rejects with the signal's reason where that comes first. */
  async upTo(n: number, signal: AbortSignal): Promise<void> {
    if (this.#seen >= n) return;
    const arrived = createDeferred<void>();
    this.#awaited = { n, arrived };
    const onAbort = (): void => arrived.reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    await arrived.promise.finally(() => signal.removeEventListener('abort', onAbort));
  }

  has(kind: MailboxItem['kind'], name: string): boolean {
    return this.#items.some((item) => item.kind === kind && item.name === name);
  }

  /** Takes the oldest mailbox item of that name, now or when it comes. Returns the way to give up. */
  take(kind: MailboxItem['kind'], name: string, take: (item: MailboxItem) => void): () => void {
    const at = this.#items.findIndex((item) => item.kind === kind && item.name === name);
    const [item] = at === -1 ? [] : this.#items.splice(at, 1);
    if (item) {
      take(item);
      return () => undefined;
    }
    const waiter = { kind, name, take };
    this.#waiting.push(waiter);
    return () => {
      const index = this.#waiting.indexOf(waiter);
      if (index !== -1) this.#waiting.splice(index, 1);
    };
  }
}
