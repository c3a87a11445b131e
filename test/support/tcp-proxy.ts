import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server that a test can break. */
export interface TcpProxy {
  /** The URL given, by way of the proxy. */
  readonly url: string;
  /** Breaks every connection there is, as a restart of the server does. */
  cut(): void;
  /** Lets questions through and keeps the answers back, then breaks the connection. */
  loseNextAnswer(): void;
  /** Keeps bytes back from now on, without breaking a connection: a network that swallows, a server that was stopped. */
  hold(way: 'questions' | 'answers' | 'both'): void;
  /** Swallows what comes on the connections that there are, for good and without a word; new ones are as usual. */
  strand(): void;
  /** Sends on what was kept back. */
  release(): void;
  /** Refuses connections from now on, and breaks those there are. */
  shut(): Promise<void>;
  reopen(): Promise<void>;
  close(): Promise<void>;
}

export async function openTcpProxy(serverUrl: string): Promise<TcpProxy> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  const stranded = new WeakSet<Socket>();
  let losesAnswer = false;
  let held: 'questions' | 'answers' | 'both' | null = null;
  let kept: (() => void)[] = [];
  const pass = (way: 'questions' | 'answers', to: Socket, bytes: Buffer) => {
    if (held === way || held === 'both') kept.push(() => to.write(bytes));
    else to.write(bytes);
  };
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (bytes) => {
      if (!stranded.has(near)) pass('questions', far, bytes);
    });
    far.on('data', (bytes) => {
      if (stranded.has(far)) return;
      if (losesAnswer) {
        losesAnswer = false;
        near.destroy();
      } else {
        pass('answers', near, bytes);
      }
    });
  });
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(0);
  const url = new URL(serverUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const shut = async () => {
    if (!server.listening) return;
    server.close();
    cut();
    await once(server, 'close');
  };
  return {
    url: url.href,
    cut,
    loseNextAnswer() {
      losesAnswer = true;
    },
    hold(way) {
      held = way;
    },
    strand() {
      for (const socket of sockets) stranded.add(socket);
    },
    release() {
      held = null;
      for (const send of kept) send();
      kept = [];
    },
    shut,
    async reopen() {
      await listen(port);
    },
    close: shut,
  };
}
