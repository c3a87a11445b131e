/**
 * Hints between the processes of one store that there is work or mail. They only spare a poll: one that is lost costs
 * a poll interval, one too many costs a look.
 */
export interface Notifier {
  /** Tells the others; at once, then at most every 10 ms. Never throws and never blocks. */
  hint(): void;
  /** Calls `onHint` when another process hinted, perhaps also for one's own. Returns the way to stop. */
  subscribe(onHint: () => void): () => void;
  close(): Promise<void>;
}
