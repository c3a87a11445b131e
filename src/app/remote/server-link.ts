import { isErrorCode, OnejobError, type ErrorCode } from '../../job/errors.ts';
import { messageWithCauses } from '../../job/thrown-text.ts';
import { maskUrl } from '../config/mask.ts';

export interface ServerAddress {
  /** Where `onejob start` serves, with or without `/api/v1` at its end. */
  readonly url: string;
  readonly token?: string | null | undefined;
}

/** A page of a list, as the API answers it. */
export interface ListOf<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface Wanted {
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** Asks the API of a server, and gives its problems back as the errors that they were there. */
export class ServerLink {
  readonly #base: string;
  readonly #token: string | null;

  /** @throws CONFIG_INVALID */
  constructor({ url, token }: ServerAddress) {
    this.#base = baseOf(url);
    this.#token = token ?? null;
  }

  /** @throws SERVER_UNAVAILABLE, and whatever the server answers; or the signal's reason */
  async act<T>(method: 'GET' | 'POST', path: string, wanted: Wanted = {}): Promise<T> {
    const response = await this.open(method, path, wanted);
    try {
      return (await response.json()) as T;
    } catch (cause) {
      throw this.#away(cause, wanted.signal);
    }
  }

  /** The answer itself, for those who read it bit by bit. */
  async open(method: 'GET' | 'POST', path: string, wanted: Wanted = {}): Promise<Response> {
    const { query = {}, headers = {}, body, signal } = wanted;
    const url = new URL(this.#base + path);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    const init: RequestInit = {
      method,
      redirect: 'error', // the token is for this server only
      headers: {
        ...(this.#token !== null && { Authorization: `Bearer ${this.#token}` }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        Accept: 'application/json',
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    };
    let response: Response;
    try {
      response = await fetch(url, init);
    } catch (cause) {
      throw this.#away(cause, signal);
    }
    if (!response.ok) throw await this.#refusal(response);
    return response;
  }

  /** The bytes of an answer as they come. @throws SERVER_UNAVAILABLE when the connection is cut */
  async *bytesOf({ body }: Response, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      if (body) yield* body as unknown as AsyncIterable<Uint8Array>;
    } catch (cause) {
      throw this.#away(cause, signal);
    }
  }

  async #refusal(response: Response): Promise<OnejobError> {
    const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json');
    const told = (isProblem ? await response.json().catch(() => ({})) : {}) as Partial<Problem>;
    const { status } = response;
    await response.body?.cancel().catch(() => undefined);
    const { code = '', detail, data } = told;
    const hint = code === 'UNAUTHORIZED' ? tokenHint : told.hint;
    const message = detail ?? `${this.#shown} answers ${status}: no server of onejob is there`;
    if (isErrorCode(code)) return new OnejobError(code, message, { ...(hint !== undefined && { hint }), data });
    return new OnejobError(codeOf(status), message, { hint: `the address is ${this.#shown}` });
  }

  /** The caller's own reason, or that nobody is there. */
  #away(cause: unknown, signal: AbortSignal | undefined): Error {
    if (signal?.aborted) return signal.reason as Error;
    const why = messageWithCauses((cause as Error).cause ?? cause); // not the 'fetch failed' around it
    return new OnejobError('SERVER_UNAVAILABLE', `the server at ${this.#shown} does not answer: ${why}`, {
      hint: 'onejob start serves; --url and --token say where it is and who asks',
      cause,
    });
  }

  get #shown(): string {
    return maskUrl(this.#base.replace(/\/api\/v1$/, ''));
  }
}

/** The server speaks of its header, which nobody writes here by hand. */
const tokenHint = 'give it by --token, ONEJOB_TOKEN, or the token of createClient';

interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly hint: string;
  readonly data: unknown;
}

/** Of an answer that is none of ours: of a proxy, or of another program. */
function codeOf(status: number): ErrorCode {
  if (status === 401) return 'UNAUTHORIZED';
  return status === 403 ? 'FORBIDDEN' : 'SERVER_UNAVAILABLE';
}

function baseOf(text: string): string {
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) {
    const { origin, pathname } = new URL(text);
    const path = pathname.replace(/\/+$/, '');
    return origin + (path.endsWith('/api/v1') ? path : `${path}/api/v1`);
  }
  throw new OnejobError('CONFIG_INVALID', `the URL of a server begins with http:// or https://, not ${maskUrl(text)}`, {
    hint: 'write it as onejob start prints it, such as http://127.0.0.1:9003',
  });
}
