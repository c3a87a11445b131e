import type { OnejobError } from '../../../job/errors.ts';
import type { Answer } from './writer.ts';

/** Calls that wait for their answer. */
export class PendingCalls {
  readonly #pending = new Map<number, Pending>();
  readonly #onBusy: ((isBusy: boolean) => void) | undefined;
  #lastId = 0;
  #failure: OnejobError | undefined;

  constructor(onBusy?: (isBusy: boolean) => void) {
    this.#onBusy = onBusy;
  }

  add(send: (id: number) => void): Promise<unknown> {
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

  /** The other end is gone. No call gets an answer any more, pending or not. */
  fail(error: OnejobError): void {
    this.#failure = error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    this.#onBusy?.(false);
  }
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: OnejobError) => void;
}
