/**
 * Hints between the processes of one store that there is work or mail. They only spare a poll: one that is lost costs
 * a poll interval, one too many costs a look. And words between them, of what may be lost without harm.
 */
export interface Notifier {
  /** Tells the others; at once, then at most every 10 ms. Never throws and never blocks. */
  hint(): void;

  /** Calls `onHint` when another process hinted, perhaps also for one's own. Returns the way to stop. */
  subscribe(onHint: () => void): () => void;

  /**
   * Says a line of ASCII, at most `maxNotificationLength` characters, to every process that listens, this one too where it does.
   * Never throws and never blocks. The caller sees to it that there are few.
   */
  publish(notification: string): void;

  /** Calls `onNotification` with each line, those of one process in order; with null when some may have been missed. */
  listen(onNotification: (notification: string | null) => void): () => void;

  close(): Promise<void>;
}

export const maxNotificationLength = 2_000;
