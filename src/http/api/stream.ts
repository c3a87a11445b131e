/** Is sent while there is nothing else to send, so that no proxy closes the connection. */
interface Heartbeat {
  readonly text: string;
  readonly everyMs: number;
}

export interface StreamOptions {
  /** Sent at once: the head of the answer goes with it. */
  readonly opening: string;
  readonly heartbeat: Heartbeat | null;
  /** Told when the reader has gone or all is sent. */
  readonly onEnd: () => void;
}

/**
 * Texts as a body. The next one is asked for when the reader has taken the one before, so a reader that stops reading
 * holds no more than two, however much there is to say. An error ends the body as it would end the connection: what
 * came before is whole.
 */
export function streamOf(parts: AsyncIterator<string>, options: StreamOptions): ReadableStream<Uint8Array> {
  const { opening, heartbeat, onEnd } = options;
  const encoder = new TextEncoder();
  let next: Promise<IteratorResult<string>> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        if (opening !== '') controller.enqueue(encoder.encode(opening));
      },
      async pull(controller) {
        next ??= parts.next();
        try {
          const part = heartbeat ? await orAfter(next, heartbeat.everyMs) : await next;
          if (part === undefined) return controller.enqueue(encoder.encode(heartbeat?.text));
          next = undefined;
          if (!part.done) return controller.enqueue(encoder.encode(part.value));
          onEnd();
          controller.close();
        } catch (error) {
          onEnd();
          controller.error(error);
        }
      },
      async cancel() {
        onEnd();
        next?.catch(() => undefined);
        await parts.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Undefined when the time is over first. */
function orAfter<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
