import { Session } from 'node:inspector';

/** Node's own way to its profilers, with promises. */
export class InspectorSession {
  readonly #session = new Session();

  /** Connected while `work` goes on; whatever it began ends with it. */
  static async use<T>(work: (session: InspectorSession) => Promise<T>): Promise<T> {
    const session = new InspectorSession();
    session.#session.connect();
    try {
      return await work(session);
    } finally {
      session.#session.disconnect();
    }
  }

  post<T = unknown>(method: string, params: object = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#session.post(method, params, (error, result) => {
        if (error) reject(new Error(`${method}: ${error.message}`, { cause: error }));
        else resolve(result as T);
      });
    });
  }

  on(event: string, told: (params: never) => void): void {
    this.#session.on(event, ({ params }: { params: unknown }) => told(params as never));
  }
}
