import { hasCode, isOnejobError, OnejobError } from '../../job/errors.ts';
import { createDeferred } from '../../std/deferred.ts';
import { failpoint } from '../../std/failpoint.ts';
import { checkTexts } from '../sql/text.ts';
import { closedError } from './file/errors.ts';
import { isWrite, type Method } from './writer/method.ts';
import type { WriterChannel } from './writer/writer-channel.ts';

/** The calls of one store to the writer of its file: checked before they are sent, and counted until they are answered. */
export class StoreCalls {
  readonly channel: WriterChannel;
  readonly path: string;
  readonly url: string;
  readonly #pending = new Set<Promise<unknown>>();
  readonly #lost = createDeferred<Error>();
  #closed: Promise<void> | undefined;

  constructor(channel: WriterChannel, { path, url }: { readonly path: string; readonly url: string }) {
    this.channel = channel;
    this.path = path;
    this.url = url;
  }

  /** Resolves when a call has found that another file has the name of the one that was opened. */
  get lost(): Promise<Error> {
    return this.#lost.promise;
  }

  /** The caller knows what the method answers: the table in methods.ts is typed by the port. */
  make<Answer>(method: Method, argument: unknown): Promise<Answer> {
    const call = this.#send(method, argument);
    this.#pending.add(call);
    const forget = () => this.#pending.delete(call);
    call.then(forget, (error: unknown) => {
      forget();
      if (hasCode(error, 'STORE_REPLACED')) this.#lost.resolve(error as Error);
    });
    return call as Promise<Answer>;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#pending);
    await this.channel.close();
  }

  async #send(method: Method, argument: unknown): Promise<unknown> {
    if (this.#closed !== undefined) throw closedError(this.url);
    const call = { method, argument, weight: checkTexts(argument) };
    if (!isWrite(method)) return this.channel.call(call);
    await passFailpoint(`store.${method}.before`);
    const value = await this.channel.call(call);
    await passFailpoint(`store.${method}.committed`);
    return value;
  }
}

/** An armed failpoint that throws is, to the caller, a store that did not answer. */
async function passFailpoint(name: string): Promise<void> {
  try {
    await failpoint(name);
  } catch (cause) {
    if (isOnejobError(cause)) throw cause;
    throw new OnejobError('STORE_UNAVAILABLE', 'the answer of the store was lost', { cause });
  }
}
