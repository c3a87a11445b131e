import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { App } from '../app/app.ts';
import type { RoleService } from '../app/played-roles.ts';
import type { HttpOptions } from '../app/config/options.ts';
import { OnejobError } from '../job/errors.ts';
import { isLoopback, refuseExposure } from './exposure.ts';
import type { NodeSide } from './environment.ts';
import { createAnswerer } from './handler.ts';
import { writeNamesAsKnown } from './header-case.ts';
import { TextAnswer, writeText } from './text-answer.ts';

/** Serves an app on an address of its own (contracts EGO-22, EGO-23). */
export class HttpServer implements RoleService {
  readonly name = 'http';
  readonly #app: App;
  readonly #options: HttpOptions;
  #server: Server | undefined;
  #url: string | null = null;
  #closed: Promise<void> | undefined;

  constructor(app: App, options: HttpOptions) {
    this.#app = app;
    this.#options = options;
  }

  get url(): string | null {
    return this.#url;
  }

  /** @throws CONFIG_INVALID where strangers could reach it without a token, ADDRESS_TAKEN */
  async start(): Promise<void> {
    const options = this.#options;
    const { host = '127.0.0.1', port = 9003 } = options;
    refuseExposure(host, options);
    const answerer = createAnswerer(this.#app, {
      ...options,
      isLoopback: isLoopback(host) && !hasToken(options),
      debug: options.debug ?? isLoopback(host),
      showsConfig: options.debug === true,
    });
    const listener = getRequestListener(
      async (request, bindings) => {
        const node = bindings as NodeSide; // not of HTTP/2: the server below is none
        const response = node.outgoing;
        const answer = await answerer(request, node);
        if (!(answer instanceof TextAnswer)) {
          writeNamesAsKnown(response);
          return answer;
        }
        writeText(answer, response);
        return RESPONSE_ALREADY_SENT;
      },
      { overrideGlobalObjects: false },
    );
    const answer = (request: IncomingMessage, response: ServerResponse): void => void listener(request, response);
    const server = createServer(limits, answer);
    // A body that is too large is refused before it is sent, where the client asks.
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      if (Number(request.headers['content-length'] ?? 0) <= this.#app.config.settings.valueBytes)
        response.writeContinue();
      answer(request, response);
    });
    server.maxConnections = maxConnections;
    await listen(server, { host, port });
    server.on('error', (error) => this.#app.config.log.warn('the server has trouble', { error: String(error) }));
    this.#server = server;
    this.#url = urlOf(server.address() as AddressInfo);
  }

  drain(): void {
    const server = this.#server;
    if (!server) return;
    this.#closed ??= new Promise((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
  }

  /** Answers that are being written have two seconds. */
  async stop(): Promise<void> {
    this.drain();
    const server = this.#server;
    if (!server || !this.#closed) return;
    const cut = setTimeout(() => server.closeAllConnections(), lastCallsMs);
    await this.#closed;
    clearTimeout(cut);
  }
}

function hasToken({ token, tokens }: HttpOptions): boolean {
  return token !== undefined || (tokens ?? []).length > 0;
}

async function listen(server: Server, address: { host: string; port: number }): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException) => reject(cannotListen(address, cause));
    server.once('error', fail);
    server.listen(address, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function cannotListen({ host, port }: { host: string; port: number }, cause: NodeJS.ErrnoException): OnejobError {
  const at = `${host}:${port}`;
  const why: Record<string, string> = {
    EADDRINUSE: `the port ${port} of ${host} is taken: another process listens on ${at}`,
    EACCES: `this user may not listen on ${at}`,
    EADDRNOTAVAIL: `this machine has no address ${host}, so nothing can listen on ${at}`,
    ENOTFOUND: `no address is known for the name ${host}, so nothing can listen on ${at}`,
  };
  return new OnejobError('ADDRESS_TAKEN', why[cause.code ?? ''] ?? `cannot listen on ${at}: ${cause.message}`, {
    hint: '--port takes another port, 0 a free one; --roles worker works without a server',
    cause,
  });
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** Against clients that dawdle: for the head of a request, for all of it, and between two of one connection. */
const limits = {
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 10_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16_384,
};
const maxConnections = 10_000;
const lastCallsMs = 2_000;
