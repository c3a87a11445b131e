/**
 * Carries hints and notifications between the processes of one store. A hint says that there is work. It only spares a
 * poll: a hint that is lost costs a poll interval, one too many costs a look. A notification is a line, and may be lost
 * without harm.
 */
export interface Notifier {
  /** Gives a hint to the others: at once, then at most every 10 ms. It never throws and never blocks. */
  hint(): void;

  /**
   * Calls `onHint` when another process gave a hint, and perhaps when this one did. Returns a function that ends that.
   */
  subscribe(onHint: () => void): () => void;

  /**
   * Sends a line of ASCII, of at most `maxNotificationLength` characters, to every process that listens, also to this
   * one. It never throws and never blocks. The caller sees to it that there are few lines.
   */
  publish(notification: string): void;

  /**
   * Calls `onNotification` with each line; lines of one process come in their order. It is called with null when lines
   * may be missing.
   */
  listen(onNotification: (notification: string | null) => void): () => void;

  close(): Promise<void>;
}

export const maxNotificationLength = 2_000;
